/**
 * What an admin may ask of a container engine: the payload and result of each `docker.…` task, the same whichever way a task reaches its
 * agent. Fields are the task contract's (camelCase). The schemas are the allow-list: what isn't named here can't be asked for, so there
 * are no privileges, devices, capabilities, host namespaces, host folders, volume options or security options to refuse one by one.
 * The control plane reads every task with `readDockerTask` when it is made, and the agent again before it acts.
 */
import { z } from "zod";
import { cpuQuantitySchema, memoryQuantitySchema } from "./quantities";

/** Registry, port and path without tag or digest, which have fields of their own. */
export const imageNameSchema = z
  .string()
  .max(255)
  .regex(
    /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::\d{1,5})?\/)?[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*$/,
    "not an image name; write it as registry/name, with tag and digest in their own fields",
  );
export const tagSchema = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/, "not a tag");
export const digestSchema = z.string().regex(/^sha256:[a-f0-9]{64}$/, "not a digest; write it as sha256:<64 hex digits>");
const image = { image: imageNameSchema, tag: tagSchema.optional(), digest: digestSchema.optional() };

/** Docker's rule, in lower case. */
export const taskContainerNameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_.-]{1,62}$/, "must be 2 to 63 of a-z, 0-9, '_', '.' and '-'")
  .refine((name) => !name.startsWith("berth-"), "must not begin with berth-, as sessions do");
const printable = z
  .string()
  .max(4096)
  .refine((text) => !text.includes("\0"), "must not have a NUL in it");
const portSchema = z.number().int().min(1).max(65_535);

/** Where a volume may be seen inside a container: a plain absolute path, and none that the system lives in. */
export const volumePathSchema = z
  .string()
  .max(200)
  .regex(/^(?:\/[A-Za-z0-9_-][A-Za-z0-9_.-]*)+$/, "must be an absolute path without '.' and '..'")
  .refine((path) => !/^\/(?:proc|sys|dev|run|etc|bin|sbin|lib\w*|boot)(?:\/|$)/.test(path), "a volume can't be mounted there");

const labelNameSchema = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9._/-]{0,126}[a-z0-9])?$/, "not a label's name")
  .refine((name) => !/^(?:dev\.berth|com\.docker|io\.docker|org\.dockerproject)(?:\.|$)/.test(name), "is kept for Berth and Docker");

export const dockerPullPayload = z.strictObject(image);

export const dockerRunPayload = z.strictObject({
  ...image,
  name: taskContainerNameSchema,
  /** Arguments, not a shell's line; default: the image's own. */
  command: z.array(printable.max(1000)).min(1).max(100).optional(),
  env: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, "not an environment variable name"), printable)
    .refine((env) => Object.keys(env).length <= 200, "at most 200 variables")
    .default({}),
  /** Published on 127.0.0.1 of the agent's host, and nowhere else. */
  ports: z
    .array(z.strictObject({ container: portSchema, host: portSchema.min(1024), protocol: z.enum(["tcp", "udp"]).default("tcp") }))
    .max(50)
    .default([]),
  labels: z
    .record(labelNameSchema, printable.max(1000))
    .refine((labels) => Object.keys(labels).length <= 50, "at most 50 labels")
    .default({}),
  memory: memoryQuantitySchema.default("512Mi"),
  cpu: cpuQuantitySchema.default("1"),
  pidsLimit: z.number().int().min(16).max(32_768).default(256),
  restart: z.enum(["no", "on-failure", "unless-stopped"]).default("no"),
  /** Volumes that tasks made, by name: one that isn't there is made, plain and without options. */
  volumes: z
    .array(z.strictObject({ name: taskContainerNameSchema, path: volumePathSchema, readOnly: z.boolean().default(false) }))
    .max(20)
    .default([]),
});

/** A container that a `docker.run` of this agent made, by its name. No other can be named. */
const container = { name: taskContainerNameSchema };
export const dockerStopPayload = z.strictObject({ ...container, graceSeconds: z.number().int().min(0).max(600).default(10) });
/** `force`: also one that runs. Volumes stay. */
export const dockerRemovePayload = z.strictObject({ ...container, force: z.boolean().default(false) });
/** Lines from the end of what it printed. */
export const dockerLogsPayload = z.strictObject({ ...container, tail: z.number().int().min(1).max(1000).default(200) });
/** `containers`: those of tasks that have ended. `images`: the engine's dangling ones, which no tag names and no container uses. */
export const dockerPrunePayload = z.strictObject({ containers: z.boolean().default(true), images: z.boolean().default(false) });

/** The task contract's names. Beside a payload, never in it: they leave once, for the agent that does the task, and are shown nowhere. */
export const taskCredentialsSchema = z.strictObject({
  "registry.username": printable.min(1).max(1000),
  "registry.password": printable.min(1),
});
export type TaskCredentials = z.infer<typeof taskCredentialsSchema>;
export const takesCredentials = (kind: DockerKind): boolean => kind === "docker.pull" || kind === "docker.run";

export const dockerPayloads = {
  "docker.pull": dockerPullPayload,
  "docker.run": dockerRunPayload,
  "docker.stop": dockerStopPayload,
  "docker.remove": dockerRemovePayload,
  "docker.logs": dockerLogsPayload,
  "docker.prune": dockerPrunePayload,
} as const;
export type DockerKind = keyof typeof dockerPayloads;
export type DockerPayload<K extends DockerKind> = z.infer<(typeof dockerPayloads)[K]>;
export const dockerKinds = Object.keys(dockerPayloads) as [DockerKind, ...DockerKind[]];
export const dockerKindSchema = z.enum(dockerKinds);

/** What an agent answers, by kind. */
export const dockerResults = {
  "docker.pull": z.object({ imageId: z.string() }),
  /** `made`: false where a container of the same task was there already. */
  "docker.run": z.object({ containerId: z.string(), imageId: z.string(), made: z.boolean() }),
  "docker.stop": z.object({ containerId: z.string(), exitCode: z.number().int() }),
  /** `removed`: false where there was none. */
  "docker.remove": z.object({ removed: z.boolean() }),
  "docker.logs": z.object({ lines: z.array(z.object({ at: z.string().nullable(), text: z.string() })), cut: z.boolean() }),
  "docker.prune": z.object({ containers: z.number().int(), images: z.number().int(), bytesFreed: z.number() }),
} as const;
export type DockerResult<K extends DockerKind> = z.infer<(typeof dockerResults)[K]>;

export type ReadDockerTask<K extends DockerKind> =
  | { readonly ok: true; readonly payload: DockerPayload<K> }
  | { readonly ok: false; readonly problems: readonly { readonly path: string; readonly message: string }[] };

/** The one gate for what may be asked of an engine. Problems name fields and rules, never the values, which may be secret. */
export function readDockerTask<K extends DockerKind>(kind: K, payload: unknown): ReadDockerTask<K> {
  const schema: z.ZodType<DockerPayload<K>> = payloadSchemaOf(kind);
  const parsed = schema.safeParse(payload);
  const problems = parsed.success
    ? beyondShape(kind, parsed.data)
    : parsed.error.issues.map(({ path, message }) => ({ path: path.join("."), message }));
  return parsed.success && problems.length === 0 ? { ok: true, payload: parsed.data } : { ok: false, problems };
}

function payloadSchemaOf<K extends DockerKind>(kind: K): z.ZodType<DockerPayload<K>>;
function payloadSchemaOf(kind: DockerKind): z.ZodType<unknown> {
  return dockerPayloads[kind];
}

/** What one field can't say of another. */
function beyondShape(kind: DockerKind, payload: unknown): { path: string; message: string }[] {
  if (kind !== "docker.run") return [];
  const { ports, volumes } = dockerRunPayload.parse(payload);
  const twice = (words: readonly string[]) => new Set(words).size < words.length;
  return [
    ...(twice(ports.map(({ host, protocol }) => `${host}/${protocol}`))
      ? [{ path: "ports", message: "name one port of the host twice" }]
      : []),
    ...(twice(volumes.map(({ path }) => path)) ? [{ path: "volumes", message: "are mounted twice at one path" }] : []),
  ];
}

/** The reference that an engine understands: by digest where there is one, which then is what is checked. */
export function imageReferenceOf({ image, tag, digest }: DockerPayload<"docker.pull">): string {
  return digest ? `${image}@${digest}` : `${image}:${tag ?? "latest"}`;
}
