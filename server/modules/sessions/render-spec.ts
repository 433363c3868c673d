import type { CommandData } from "@berth/protocol/agent-commands";
import { formatCpu, formatMemory, parseMemory, required } from "@berth/protocol/quantities";
import { type HealthPolicy, SESSION_HEALTH } from "@berth/protocol/session-health";
import { type HibernateMode, hibernateModeSchema } from "@berth/protocol/session-states";
import { snapshotImage, snapshotVolume } from "@berth/protocol/snapshots";
import type { Template } from "../templates/templates-schema";

/** Where our names live on a platform that has namespaces. */
export const NAMESPACE = "berth";

export interface SpecSource {
  readonly name: string;
  readonly generation: number;
  readonly memoryBytes: bigint;
  readonly cpuMillicores: number;
  /** Its own; null: its template version's. */
  readonly image: string | null;
  readonly persistentHome: boolean;
  readonly hibernateMode: string;
  readonly user: { readonly username: string };
  readonly home: { readonly volume: string } | null;
  /** What its home began as. */
  readonly snapshot?: { readonly id: string; readonly include: string } | null;
  readonly agent: { readonly capabilities: readonly string[] } | null;
}

/** For a container that is to be made. */
export interface StartSource extends SpecSource {
  /** The session's own: `SessionEnvironment.forStart`. The column of its row has none. */
  readonly environment: Readonly<Record<string, string>>;
}

/** What an agent needs to make the session's container: the template's version, with what the session says otherwise. */
export function renderSpec(session: StartSource, template: Template): CommandData<"start_session"> {
  const { snapshot } = session;
  return {
    name: session.name,
    namespace: NAMESPACE,
    user: session.user.username,
    template: template.name,
    image: session.image ?? (snapshot?.include === "home+filesystem" ? snapshotImage(snapshot.id) : template.image),
    resources: { memory: formatMemory(Number(session.memoryBytes)), cpu: formatCpu(session.cpuMillicores) },
    vnc: { port: template.display.port },
    persistent_home: session.persistentHome,
    environment: { ...template.environment, ...session.environment },
    generation: session.generation,
    display: template.display,
    security: template.security,
    home: session.home && {
      volume: session.home.volume,
      path: template.homePath,
      ...(snapshot ? { from: snapshotVolume(snapshot.id) } : {}),
    },
    shm_size_bytes: required(parseMemory(template.shmSize), template.shmSize),
    pids_limit: template.pidsLimit,
    hibernate_mode: hibernateModeSchema.parse(session.hibernateMode),
    ready_timeout_seconds: template.readyTimeoutSeconds,
    ...(session.agent?.capabilities.includes(SESSION_HEALTH) ? { health: renderProbes(template.health) } : {}),
  };
}

const renderProbes = (health: HealthPolicy): CommandData<"start_session">["health"] => ({
  probes: health.probes,
  interval_seconds: health.intervalSeconds,
  timeout_seconds: health.timeoutSeconds,
  failure_threshold: health.failureThreshold,
  start_period_seconds: health.startPeriodSeconds,
});

type Named = Pick<SpecSource, "name" | "generation">;

export const renderHibernate = (session: Named, mode: HibernateMode): CommandData<"hibernate_session"> => ({
  name: session.name,
  namespace: NAMESPACE,
  generation: session.generation,
  mode,
});

export const renderResize = (session: Named & Pick<SpecSource, "memoryBytes" | "cpuMillicores">): CommandData<"resize_session"> => ({
  name: session.name,
  namespace: NAMESPACE,
  generation: session.generation,
  resources: { memory: formatMemory(Number(session.memoryBytes)), cpu: formatCpu(session.cpuMillicores) },
});

export const renderPull = (session: Named, image: string): CommandData<"pull_image"> => ({
  name: session.name,
  namespace: NAMESPACE,
  generation: session.generation,
  image,
});

/** The home stays: removing one is an instruction of its own. */
export const renderStop = (session: Named, graceful: boolean): CommandData<"stop_session"> => ({
  name: session.name,
  namespace: NAMESPACE,
  generation: session.generation,
  graceful,
  timeout: graceful ? "30s" : "0s",
  remove_home: null,
});
