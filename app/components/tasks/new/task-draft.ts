import type { DockerKind } from "@berth/protocol/docker-tasks";
import { commandText } from "../../../format/command-text";
import { labelsText } from "../../../format/label-words";
import { isTrueAt, numberAt, pairsAt, type Read, recordsAt, textAt, textsAt } from "../record-reading";
import type { TaskDetail } from "../task-steps";
import { isByHand, isTaskKind } from "../task-words";

/** One line of a list that is typed; `key` tells lines apart while they are. */
export interface DraftRow<Name extends string> {
  readonly key: number;
  readonly values: Readonly<Record<Name, string>>;
}
export type DraftRows<Name extends string> = readonly DraftRow<Name>[];

/** The form of every kind as it is typed; each kind takes from it what it has. */
export interface TaskDraft {
  readonly image: string;
  readonly tag: string;
  readonly digest: string;
  readonly username: string;
  readonly password: string;
  readonly name: string;
  /** An argument a line, or a JSON list of them. */
  readonly command: string;
  readonly env: DraftRows<"name" | "value">;
  /** Keys of variables whose values an earlier task had and nobody can read: they are to be typed again. */
  readonly hidden: readonly number[];
  readonly ports: DraftRows<"host" | "container" | "protocol">;
  readonly volumes: DraftRows<"name" | "path" | "access">;
  readonly labels: DraftRows<"name" | "value">;
  readonly memory: string;
  readonly cpu: string;
  readonly pidsLimit: string;
  readonly restart: string;
  readonly graceSeconds: string;
  readonly force: boolean;
  readonly tail: string;
  readonly containers: boolean;
  readonly images: boolean;
  readonly target: "agent" | "any";
  readonly agent: string;
  /** `gpu=yes, zone=a` */
  readonly agentLabels: string;
  readonly agentCapabilities: string;
  readonly priority: string;
  readonly timeout: string;
  /** As the browser's own field has it: local time without a zone. */
  readonly notBefore: string;
  readonly retries: string;
}

export const emptyDraft: TaskDraft = {
  image: "",
  tag: "",
  digest: "",
  username: "",
  password: "",
  name: "",
  command: "",
  env: [],
  hidden: [],
  ports: [],
  volumes: [],
  labels: [],
  memory: "",
  cpu: "",
  pidsLimit: "",
  restart: "no",
  graceSeconds: "",
  force: false,
  tail: "",
  containers: true,
  images: false,
  target: "agent",
  agent: "",
  agentLabels: "",
  agentCapabilities: "",
  priority: "",
  timeout: "",
  notBefore: "",
  retries: "",
};

export const isDockerKind = (text: string | null): text is DockerKind => text !== null && isTaskKind(text) && isByHand(text);

/** What an earlier task asked for, to be changed: all but what is a secret, and when it was to begin. */
export function draftOfTask(task: TaskDetail): TaskDraft {
  const payload: Read = task.payload ?? {};
  const env = pairRows(pairsAt(payload, "env").map(([name]) => [name, ""]));
  return {
    ...emptyDraft,
    image: textAt(payload, "image") ?? "",
    tag: textAt(payload, "tag") ?? "",
    digest: textAt(payload, "digest") ?? "",
    name: textAt(payload, "name") ?? "",
    command: commandText(textsAt(payload, "command")),
    env,
    hidden: env.map(({ key }) => key),
    ports: recordsAt(payload, "ports").map((port, key) => ({
      key,
      values: { host: numberText(port, "host"), container: numberText(port, "container"), protocol: textAt(port, "protocol") ?? "tcp" },
    })),
    volumes: recordsAt(payload, "volumes").map((volume, key) => ({
      key,
      values: {
        name: textAt(volume, "name") ?? "",
        path: textAt(volume, "path") ?? "",
        access: isTrueAt(volume, "readOnly") ? "read" : "write",
      },
    })),
    labels: pairRows(pairsAt(payload, "labels")),
    memory: textAt(payload, "memory") ?? "",
    cpu: textAt(payload, "cpu") ?? "",
    pidsLimit: numberText(payload, "pidsLimit"),
    restart: textAt(payload, "restart") ?? "no",
    graceSeconds: numberText(payload, "graceSeconds"),
    force: isTrueAt(payload, "force"),
    tail: numberText(payload, "tail"),
    containers: payload.containers !== false,
    images: isTrueAt(payload, "images"),
    target: task.selector ? "any" : "agent",
    agent: task.selector ? "" : (task.agentId ?? ""),
    agentLabels: labelsText(task.selector?.labels ?? {}),
    agentCapabilities: (task.selector?.capabilities ?? []).join(", "),
    priority: task.priority === 0 ? "" : String(task.priority),
    timeout: task.timeoutSeconds === null ? "" : String(task.timeoutSeconds),
    retries: task.retries === 0 ? "" : String(task.retries),
  };
}

const numberText = (record: Read, name: string): string => {
  const value = numberAt(record, name);
  return value === null ? "" : String(value);
};

const pairRows = (pairs: readonly [string, string][]): DraftRows<"name" | "value"> =>
  pairs.map(([name, value], key) => ({ key, values: { name, value } }));

/** `registry/app:v2@sha256:…`, as people copy it, in the three fields; null where it has no tag or digest. */
export function splitImage(text: string): { image: string; tag?: string; digest?: string } | null {
  const parts = /^(.+?)(?::([\w][\w.-]*))?(?:@(sha256:[a-f0-9]+))?$/.exec(text.trim());
  const [, image, tag, digest] = parts ?? [];
  if (!image || (!tag && !digest)) return null;
  return { image, ...(tag ? { tag } : {}), ...(digest ? { digest } : {}) };
}
