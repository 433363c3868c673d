/**
 * Ports inside a session, by the agent's HTTP API.
 *
 * `GET ports` answers `listenersSchema`: who listens in the session's network, as far as the session's own user may see it.
 *
 * `ports/{port}` (`PORT_PROTOCOL`) is one connection to a port as a WebSocket: binary messages are its bytes, both ways. Text messages are JSON
 * (`portWordsSchema`): each side says what it has taken (`taken`, at the latest after `TAKEN_EVERY` bytes) and sends no more than `WINDOW_BYTES`
 * beyond what the other has taken; `end` says that it sends no more. Once both have said it, the client closes with 1000 when it has taken
 * all; where the port broke, the agent closes with 1011 and words. A port that can't be reached refuses the upgrade.
 */
import { z } from "zod";

/** Capability of an agent whose API has these (see `agent-api.ts`). */
export const PORTS = "ports";
export const PORT_PROTOCOL = "berth-port";
export const PORTS_PATH = "ports";
/** The agent's and, after `/api/v1/sessions/{id}/`, the control plane's. */
export const portPath = (port: number | string): string => `${PORTS_PATH}/${port}`;
/** Connections to ports of one session, at once, by `ports/{port}`. */
export const MAX_PORT_CONNECTIONS = 256;
export const MAX_LISTENERS = 200;

export const portNumberSchema = z.number().int().min(1).max(65_535);
/** `network`: reached by its container's address. `loopback`: only from inside, where a relay is started for each connection. */
export const listenerSchema = z.object({
  port: portNumberSchema,
  reach: z.enum(["network", "loopback"]),
  /** The program's short name; null where the session's user may not know it. */
  process: z.string().max(64).nullable(),
});
export type Listener = z.infer<typeof listenerSchema>;
export const listenersSchema = z.object({ listeners: z.array(listenerSchema).max(MAX_LISTENERS) });

/** What the agent holds a connection to a port against, whatever else is asked of it. */
export const portTermsSchema = z.object({
  ports: z.boolean().default(false),
  /** These are closed: a display's, where the policy has a word on what its viewers may do. */
  closed_ports: z.array(portNumberSchema).max(16).default([]),
});
export type PortTerms = z.infer<typeof portTermsSchema>;

export const portWordsSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("taken"), bytes: z.number().int().min(0) }),
  z.object({ type: z.literal("end") }),
]);
export type PortWords = z.infer<typeof portWordsSchema>;
