/**
 * The agent program's own HTTP API for whole nodes: health, events, workspaces. A workspace is a session of this agent. It is reached by a
 * tunnel that `node_api_request` asks for, with the control plane as the client, or directly where the agent was told to listen. Either way
 * each request has `Authorization: Bearer <node-management JWT>`, signed with a key whose certificate (in `x5c`) the agents' authority made
 * for `NODE_MANAGEMENT_NAME`, and the `X-SAM-*` headers; path, headers and claims must agree. camelCase, as its contract has it.
 */
import { z } from "zod";
import { imageReferenceSchema } from "./agent-commands";
import { BerthError, type ErrorCode, errorCodeSchema } from "./errors";
import { cpuQuantitySchema, memoryQuantitySchema } from "./quantities";

/** The capability of an agent that serves it. */
export const NODE_API = "node_api";
export const NODE_HEADER = "x-sam-node-id";
export const WORKSPACE_HEADER = "x-sam-workspace-id";
/** The name in the certificate of the key that signs: no listener has it, so no other certificate will do. */
export const NODE_MANAGEMENT_NAME = "node-management.berth.invalid";
export const NODE_TOKEN_TYPE = "berth-node+jwt";
/** Longest from `iat` to `exp`. */
export const NODE_TOKEN_SECONDS = 60;

/** `node`: the agent's UUID. `workspace`: of routes below `/workspaces/{id}`. */
export const nodeClaimsSchema = z.object({
  aud: z.literal("node-management"),
  node: z.string(),
  workspace: z.string().optional(),
  iat: z.number(),
  exp: z.number(),
});

/** Without transports that start programs, and nothing that a command would take for an option. */
const repository = z
  .string()
  .max(1000)
  .regex(/^(?:https?:\/\/|ssh:\/\/|git@)[\w.@:/~+%-]+$/, "must be an https://, ssh:// or git@ address without a query");
const branch = z
  .string()
  .max(200)
  .regex(/^\w[\w./+-]*$/, "must be a branch's name");

export const createWorkspaceSchema = z.strictObject({
  workspaceId: z.uuid(),
  repository,
  branch,
  /** Taken and not kept: this agent calls back by its own certificate, and fetches no credentials. */
  callbackToken: z.string().min(1).max(8192),
  image: imageReferenceSchema.optional(),
  resources: z.strictObject({ memory: memoryQuantitySchema, cpu: cpuQuantitySchema }).optional(),
  environment: z.record(z.string().regex(/^[A-Za-z_]\w{0,99}$/), z.string().max(4096)).optional(),
  display: z.strictObject({ protocol: z.enum(["rfb", "http"]), port: z.number().int().min(1).max(65_535) }).optional(),
});
export type CreateWorkspace = z.output<typeof createWorkspaceSchema>;

export const workspaceSchema = z.object({
  workspaceId: z.string(),
  status: z.enum(["starting", "running", "frozen", "stopped", "failed"]),
  /** Why it failed, or its repository was not cloned. */
  reason: z.string().nullable(),
  containerId: z.string().nullable(),
  image: z.string().nullable(),
  /** Null: made by a command of the control plane. */
  repository: z.string().nullable(),
  branch: z.string().nullable(),
});
export type Workspace = z.infer<typeof workspaceSchema>;
export const workspacesSchema = z.object({ workspaces: z.array(workspaceSchema) });

export const nodeHealthSchema = z.object({
  status: z.enum(["healthy", "degraded"]),
  ready: z.boolean(),
  nodeId: z.string(),
  version: z.string(),
  activeWorkspaces: z.number().int(),
  /** AI sessions. */
  activeSessions: z.number().int(),
  readiness: z.object({ engine: z.boolean(), controlPlane: z.boolean(), reason: z.string().nullable() }),
});
export type NodeHealth = z.infer<typeof nodeHealthSchema>;

export const nodeEventSchema = z.object({
  id: z.string(),
  timestamp: z.string(),
  level: z.enum(["info", "warn", "error"]),
  /** `node.connected`, `workspace.running` and the like. */
  type: z.string(),
  message: z.string(),
  workspaceId: z.string().nullable(),
});
export type NodeEvent = z.infer<typeof nodeEventSchema>;
/** Newest first. `nextCursor`: where older ones begin; null at the end. */
export const nodeEventsSchema = z.object({ events: z.array(nodeEventSchema), nextCursor: z.string().nullable() });
export type NodeEvents = z.infer<typeof nodeEventsSchema>;
export const MAX_NODE_EVENTS = 200;

export const nodeErrorSchema = z.object({ error: z.string().regex(/^[a-z_]+$/), message: z.string() });

/** The contract's words for what the catalogue calls otherwise. */
const words: Partial<Record<ErrorCode, string>> = {
  AUTH_TOKEN_MISSING: "unauthorized",
  AUTH_TOKEN_INVALID: "unauthorized",
  AUTH_TOKEN_EXPIRED: "unauthorized",
  AUTH_INSUFFICIENT_PERMISSIONS: "forbidden",
  SESSION_NOT_FOUND: "workspace_not_found",
  SESSION_NOT_RUNNING: "workspace_not_running",
  SESSION_ALREADY_EXISTS: "workspace_already_exists",
};

export const nodeErrorBody = ({ code, message }: BerthError): z.infer<typeof nodeErrorSchema> => ({
  error: words[code] ?? code.toLowerCase(),
  message: message.slice(0, 1000),
});

/** What such a body says, as an error of the catalogue; null for what is none. */
export function nodeErrorOf(body: unknown): BerthError | null {
  const said = nodeErrorSchema.safeParse(body);
  if (!said.success) return null;
  const { error, message } = said.data;
  const named = Object.entries(words).find(([, word]) => word === error)?.[0] ?? error.toUpperCase();
  const code = errorCodeSchema.safeParse(named);
  return code.success ? new BerthError(code.data, message.slice(0, 1000)) : null;
}
