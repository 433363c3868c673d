/** How the things that we make in an engine are named and found again. */

export const LABEL = {
  session: "dev.berth.session",
  generation: "dev.berth.generation",
  agent: "dev.berth.agent",
  name: "dev.berth.name",
  home: "dev.berth.home",
  network: "dev.berth.network",
  /** `rfb` or `http`. */
  displayProtocol: "dev.berth.display",
  /** The port inside the container. */
  displayPort: "dev.berth.display-port",
  /** `socket` or `port`. */
  displayBy: "dev.berth.display-by",
  /** What the session is to be asked now and then, as JSON: it outlives the agent. */
  health: "dev.berth.health",
  /** On a container: id of the task that made it. */
  task: "dev.berth.task",
  /** On a volume and an image: id of the snapshot. */
  snapshot: "dev.berth.snapshot",
  /** On a container that copies: the volume that is half as long as it is there. */
  copyTo: "dev.berth.copy-to",
  /** On a container that copies: the container that stands still meanwhile. */
  copyFroze: "dev.berth.copy-froze",
  /** On a container that shows the files of a session that does not run: the session's id. */
  filesOf: "dev.berth.files-of",
  /** On a volume that tasks made: the name by which they know it. */
  volume: "dev.berth.volume",
} as const;

export type Labels = Readonly<Record<string, string>>;

export function containerName(sessionName: string, sessionId: string): string {
  const safe = sessionName.replace(/[^a-zA-Z0-9_.-]/g, "-").slice(0, 150);
  return `berth-${safe}-${sessionId.slice(0, 8)}`;
}

/** 0 where the label is missing or no number. */
export function generationOf(labels: Labels): number {
  const text = labels[LABEL.generation] ?? "";
  return /^\d{1,9}$/.test(text) ? Number(text) : 0;
}

export const ofAgent = (agent: string): string => `${LABEL.agent}=${agent}`;
export const ofTask = (taskId: string): string => `${LABEL.task}=${taskId}`;
export const ofSession = (sessionId: string): string => `${LABEL.session}=${sessionId}`;
