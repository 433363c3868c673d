/**
 * Commands that the control plane gives to an agent: `command.data` and `command_result.result` by command type. Field names are the
 * wire's (snake_case), those of the contract first, ours after them. Each is delivered at least once and carried out once: an agent
 * converges on the label pair (session id, generation) in its engine, so doing one again changes nothing.
 */
import { z } from "zod";
import { dockerPayloads, taskCredentialsSchema } from "./docker-tasks";
import { cpuQuantitySchema, memoryQuantitySchema } from "./quantities";
import { sessionProbesSchema } from "./session-health";
import { hibernateModeSchema, observedStateSchema } from "./session-states";
import { createSnapshotDataSchema, deleteSnapshotDataSchema, snapshotVolumeSchema } from "./snapshots";

/** `unix`: a socket in the session's own display folder; `port`: published on 127.0.0.1 of the agent's host. The driver may fall back from unix to port. */
export const displaySchema = z.object({
  protocol: z.enum(["rfb", "http"]),
  /** The port inside the container. For `rfb` it is used where unix sockets can't be. */
  port: z.number().int().min(1).max(65_535),
  /** The container can serve its display on `BERTH_DISPLAY_SOCKET` (a path that the driver sets). Our own images do. */
  unix_socket: z.boolean().default(false),
  /** HTTP path that answers when an `http` display is ready, and that a viewer opens. */
  path: z.string().max(500).startsWith("/").default("/"),
  resolution: z
    .string()
    .regex(/^\d{3,5}x\d{3,5}$/)
    .optional(),
  color_depth: z.union([z.literal(16), z.literal(24)]).optional(),
});
export type DisplaySpec = z.infer<typeof displaySchema>;

/** `strict`: non-root, no capabilities, no-new-privileges, read-only root with tmpfs. `compatible`: five capabilities and a writable root, for images that start as root. */
export const securityProfileSchema = z.enum(["strict", "compatible"]);
export type SecurityProfile = z.infer<typeof securityProfileSchema>;

/** Docker's rule for volume names, with our prefix, so that an agent never touches a volume that isn't ours. */
export const volumeNameSchema = z.string().regex(/^berth-home-[a-z0-9-]{1,80}$/);

export const imageReferenceSchema = z
  .string()
  .max(512)
  .regex(/^[a-zA-Z0-9][a-zA-Z0-9._:/@-]*$/, "not an image reference; write it as registry/name:tag");

export const environmentNameSchema = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, "not an environment variable name");
export const environmentSchema = z.record(environmentNameSchema, z.string().max(32_768));

export const startSessionDataSchema = z.object({
  name: z.string(),
  namespace: z.string(),
  user: z.string(),
  template: z.string(),
  image: imageReferenceSchema,
  resources: z.object({ memory: memoryQuantitySchema, cpu: cpuQuantitySchema }),
  vnc: z.object({ port: z.number().int() }),
  persistent_home: z.boolean(),
  environment: environmentSchema,
  /** Raised by every start and wake. An agent refuses what is older than what it has (`COMMAND_SUPERSEDED`). */
  generation: z.number().int().min(1),
  display: displaySchema,
  security: securityProfileSchema,
  /** Null: no home; the path is then a tmpfs. `from`: what a home that is not there yet begins as a copy of. */
  home: z.object({ volume: volumeNameSchema, path: z.string().startsWith("/").max(200), from: snapshotVolumeSchema.optional() }).nullable(),
  shm_size_bytes: z.number().int().min(0),
  pids_limit: z.number().int().min(16),
  hibernate_mode: hibernateModeSchema,
  /** How long the display may take to become ready. */
  ready_timeout_seconds: z.number().int().min(1).max(3600),
  registry_auth: z.object({ username: z.string(), password: z.string() }).optional(),
  /** What the agent asks the session now and then; sent to agents with the capability `SESSION_HEALTH`. Absent: nothing. */
  health: sessionProbesSchema.optional(),
});
export type StartSessionData = z.infer<typeof startSessionDataSchema>;

const namedSession = z.object({ name: z.string(), namespace: z.string(), generation: z.number().int().min(1) });
export const hibernateSessionDataSchema = namedSession.extend({ mode: hibernateModeSchema });
/** Other limits for one that runs, while it runs. */
export const resizeSessionDataSchema = namedSession.extend({
  resources: z.object({ memory: memoryQuantitySchema, cpu: cpuQuantitySchema }),
});
/** Fetches an image for a session, which goes on meanwhile. */
export const pullImageDataSchema = namedSession.extend({
  image: imageReferenceSchema,
  registry_auth: z.object({ username: z.string(), password: z.string() }).optional(),
});
/** Carries the whole spec: the container may have to be made anew around the home. */
export const wakeSessionDataSchema = startSessionDataSchema;
export const stopSessionDataSchema = namedSession.extend({
  graceful: z.boolean(),
  timeout: z.string().regex(/^\d+s$/),
  /** A home to remove with the session; null keeps it. */
  remove_home: volumeNameSchema.nullable(),
});
export const deleteHomeDataSchema = z.object({ volume: volumeNameSchema });
/** A container that the control plane knows nothing of, named by what the inventory said. */
export const removeOrphanDataSchema = z.object({ container_id: z.string().regex(/^[a-zA-Z0-9_.-]{1,128}$/) });

export const commandDataSchemas = {
  start_session: startSessionDataSchema,
  hibernate_session: hibernateSessionDataSchema,
  wake_session: wakeSessionDataSchema,
  stop_session: stopSessionDataSchema,
  resize_session: resizeSessionDataSchema,
  pull_image: pullImageDataSchema,
  delete_home: deleteHomeDataSchema,
  remove_orphan: removeOrphanDataSchema,
  create_snapshot: createSnapshotDataSchema,
  delete_snapshot: deleteSnapshotDataSchema,
  docker_pull: dockerPayloads["docker.pull"].extend({ credentials: taskCredentialsSchema.optional() }),
  docker_run: dockerPayloads["docker.run"].extend({ credentials: taskCredentialsSchema.optional() }),
  docker_stop: dockerPayloads["docker.stop"],
  docker_remove: dockerPayloads["docker.remove"],
  docker_logs: dockerPayloads["docker.logs"],
  docker_prune: dockerPayloads["docker.prune"],
} as const;
export type CommandType = keyof typeof commandDataSchemas;
export type CommandData<T extends CommandType> = z.infer<(typeof commandDataSchemas)[T]>;
export const commandTypes = Object.keys(commandDataSchemas) as [CommandType, ...CommandType[]];
export const commandTypeSchema = z.enum(commandTypes);

/** `command_result.result` of the session commands. A foreign agent may send the contract's fields alone. */
export const sessionResultSchema = z.object({
  session_id: z.string().optional(),
  pod_ip: z.string().nullish(),
  pod_name: z.string().nullish(),
  vnc_port: z.number().int().nullish(),
  started_at: z.string().nullish(),
  container_id: z.string().nullish(),
  generation: z.number().int().optional(),
  observed: observedStateSchema.optional(),
  /** The hibernation modes that the driver offers for this session. */
  hibernate_modes: z.array(hibernateModeSchema).optional(),
});
export type SessionResult = z.infer<typeof sessionResultSchema>;
