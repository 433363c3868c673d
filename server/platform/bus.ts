/**
 * Says *that* something changed, after commit: ids only, so whoever hears it reads the database again and authorises there. Carried by
 * PostgreSQL's NOTIFY, so every replica hears it. A lost event costs delay, never correctness: each listener has a slow poll too.
 */
import { z } from "zod";

/** What of a session's inside changed. */
export const insideAspectSchema = z.enum(["health", "version", "environment", "ports", "snapshots"]);

export const busEventSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("session"), sessionId: z.string(), userId: z.string(), agentId: z.string().nullable() }),
  /** `only`: it is as busy as it says, and nothing else of it changed; neither room nor work depends on that. */
  z.object({ kind: z.literal("agent"), agentId: z.string(), only: z.literal("usage").optional() }),
  /** `only`: it was handed out or its agent said how far it is (`progress`), or it is over and no other waits for that (`end`); nothing is to be sent by that. */
  z.object({
    kind: z.literal("task"),
    taskId: z.string(),
    agentId: z.string().nullable(),
    sessionId: z.string().nullable(),
    only: z.enum(["progress", "end"]).optional(),
  }),
  /** Its agent is to be told, by whichever replica it is connected to, to stop this run (null: any). */
  z.object({ kind: z.literal("task_cancel"), taskId: z.string(), agentId: z.string(), generation: z.number().nullable() }),
  z.object({ kind: z.literal("template"), templateId: z.string() }),
  z.object({ kind: z.literal("user"), userId: z.string() }),
  z.object({ kind: z.literal("home"), homeId: z.string(), userId: z.string() }),
  /** Who looks at a session's screen, or may, or who has control. `audience`: others than its owner who may hear of it. */
  z.object({ kind: z.literal("viewers"), sessionId: z.string(), userId: z.string(), audience: z.array(z.string()).max(100) }),
  /** What is known of a session's inside: none of it moves its state, its room or its place. */
  z.object({
    kind: z.literal("inside"),
    sessionId: z.string(),
    userId: z.string(),
    about: insideAspectSchema,
  }),
  /** Places in the queue for room moved. */
  z.object({ kind: z.literal("queue") }),
  /** All of a user's logins and sockets of an older epoch end now. */
  z.object({ kind: z.literal("access"), userId: z.string() }),
  /** One login ended. */
  z.object({ kind: z.literal("logout"), loginId: z.string() }),
  z.object({ kind: z.literal("agent_revoked"), agentId: z.string() }),
]);
export type BusEvent = z.infer<typeof busEventSchema>;

/** Nothing but an agent's usage: who places, sends or fills has no work by it, and of a fleet there are hundreds a second. */
export const isUsageAlone = (event: BusEvent): boolean => event.kind === "agent" && event.only === "usage";

export interface Bus {
  /** Call after commit. Resolves when PostgreSQL has taken it. */
  publish(...events: BusEvent[]): Promise<void>;
  /** Every event of every replica, once; this process's own while it is being published. Returns how to stop. A listener must not throw. */
  subscribe(listener: (event: BusEvent) => void): () => void;
  /** As `subscribe`, and before all who use that: for dropping what is kept of the database, which they may read then. */
  beforehand(listener: (event: BusEvent) => void): () => void;
  close(): Promise<void>;
}
