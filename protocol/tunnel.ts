/**
 * How bytes reach a session. The agent dials `/agent/tunnel/{id}` as an HTTP upgrade (`Upgrade: websocket`, so that any ingress passes
 * it), proves who it is with its own credential and that it was asked with `TUNNEL_SECRET_HEADER`. After the 101 the connection is a
 * plain byte pipe in which the control plane is the client:
 * - purpose `display`: it writes `GET /display/{sessionId}?mode=control|view` as a WebSocket upgrade (subprotocol `binary`, or
 *   `DISPLAY_WITH_PINGS` where the viewer offers it), which the agent's own HTTP server answers with 101, or with an error whose JSON
 *   body is `tunnelErrorSchema`;
 * - purpose `port`: the bytes go to the container's port as they are. An agent that cannot reach the port ends the connection.
 * - a thumbnail: the agent writes one line of JSON (`thumbnailHeadSchema`), then as many bytes of PNG as it says, and ends the connection.
 * - a log: the agent writes lines of JSON: `logHeadSchema` first, then a `logFrameSchema` for each line of the container's, at last
 *   `{"end": true}`. A connection that ends without that one broke.
 */
import { z } from "zod";
import { errorCodeSchema } from "./errors";

export const TUNNEL_SECRET_HEADER = "x-berth-tunnel-secret";
export const agentChannelPath = "/agent/ws";
export const tunnelPath = (tunnelId: string): string => `/agent/tunnel/${tunnelId}`;
export const displayPath = (sessionId: string, mode: string): string => `/display/${sessionId}?mode=${mode}`;

/** The head of the answer to an upgrade: beyond it the tunnel is ended. */
export const MAX_ANSWER_HEAD_BYTES = 16 * 1024;
export const ANSWER_HEAD_TIMEOUT_MS = 10_000;
/** From the request to the agent until it has dialled back. */
export const DIAL_BACK_TIMEOUT_MS = 10_000;

export const tunnelErrorSchema = z.object({ code: errorCodeSchema, message: z.string().max(1000) });

/** Of a display's small picture: pixels across at most, and bytes. */
export const THUMBNAIL_MAX_WIDTH = 320;
export const THUMBNAIL_MAX_BYTES = 64 * 1024;
/** The agent gives up on a display after this. */
export const THUMBNAIL_TIMEOUT_MS = 5000;
export const MAX_THUMBNAIL_HEAD_BYTES = 2048;
/** The line before the picture: how many bytes follow, or why none do. */
export const thumbnailHeadSchema = z.union([z.object({ bytes: z.number().int().min(1).max(THUMBNAIL_MAX_BYTES) }), tunnelErrorSchema]);
export type ThumbnailHead = z.infer<typeof thumbnailHeadSchema>;

/** Of a container's log: lines from the end that may be asked for, and what is kept of one line, in bytes. */
export const LOG_TAIL_MAX = 5000;
/** The same of an agent with `KEPT_LOGS`: more than any engine keeps. */
export const LOG_TAIL_ALL = 1_000_000;
export const LOG_LINE_MAX_BYTES = 16 * 1024;
/** A line as JSON; control characters take six times their place. */
export const MAX_LOG_FRAME_BYTES = 128 * 1024;
export const logHeadSchema = z.union([z.object({ ok: z.literal(true) }), tunnelErrorSchema]);
export type LogHead = z.infer<typeof logHeadSchema>;
/** `at`: when the container printed it, ISO 8601; null where the engine doesn't say. */
export const logStreamSchema = z.enum(["stdout", "stderr"]);
export type LogStream = z.infer<typeof logStreamSchema>;
const logLineSchema = z.object({
  at: z.iso.datetime().nullable(),
  text: z.string(),
  /** `berth`: not printed, but told of the container that printed what is before it: that it ended, and how. Older agents don't say. */
  stream: z
    .enum([...logStreamSchema.options, "berth"])
    .optional()
    .catch(undefined),
  /** Nanoseconds that `at` leaves out, where the engine knows them. */
  ns: z.number().int().min(0).max(999_999).optional().catch(undefined),
});
export type LogLine = z.infer<typeof logLineSchema>;
export const logFrameSchema = z.union([logLineSchema, z.object({ end: z.literal(true) })]);
export type LogFrame = z.infer<typeof logFrameSchema>;
