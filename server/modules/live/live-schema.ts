import { z } from "zod";
import { insideAspectSchema } from "../../platform/bus";

/**
 * What a live subscription says: which thing changed, by id; the client reads it again. `resync`: events were missed (the server
 * restarted or the gap was too long), so read everything on screen again.
 */
export const liveEventSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("session"), id: z.string() }),
  z.object({ kind: z.literal("agent"), id: z.string() }),
  z.object({ kind: z.literal("task"), id: z.string(), sessionId: z.string().nullable() }),
  z.object({ kind: z.literal("template"), id: z.string() }),
  z.object({ kind: z.literal("user"), id: z.string() }),
  z.object({ kind: z.literal("home"), id: z.string() }),
  z.object({ kind: z.literal("viewers"), id: z.string() }),
  z.object({ kind: z.literal("inside"), id: z.string(), about: insideAspectSchema }),
  /** Somebody came into the queue for room or left it: the places of those who wait moved. */
  z.object({ kind: z.literal("queue") }),
  z.object({ kind: z.literal("resync") }),
]);
export type LiveEvent = z.infer<typeof liveEventSchema>;

/** `lastEventId` is what the tRPC client sends back after a reconnect. */
export const liveInput = z.object({ lastEventId: z.string().nullish() }).optional();
