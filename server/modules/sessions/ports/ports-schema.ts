import { z } from "zod";
import { shareTokenSchema } from "../sharing/shares-schema";

const id = z.uuid();
/** By path it is text. */
const port = z.coerce.number<number>().int().min(1).max(65_535);
/** Asked of an admin at another's session; audited, and shown to the owner. */
const reason = z.string().min(3).max(500).optional();

/** `http`: opened in the browser, on an origin of its own. `tcp`: by `berth port-forward`. */
export const portKindSchema = z.enum(["http", "tcp"]);
export type PortKind = z.infer<typeof portKindSchema>;

export const sessionPortSchema = z.object({
  port: z.number().int(),
  /** As it was written down; empty where it wasn't. */
  name: z.string(),
  kind: portKindSchema,
  /** Somebody wrote it down: it is listed also while nobody listens there. */
  saved: z.boolean(),
  /** How a program listens there now: `loopback` for inside alone, which is reached by a relay. Null: none does, as far as can be told. */
  listening: z.enum(["network", "loopback"]).nullable(),
  /** Its program, where the session's own user may know. */
  process: z.string().nullable(),
  /** It is what the session shows itself by. */
  display: z.boolean(),
  /** Its own origin. The address alone opens nothing: see `sessions.openPort`. */
  url: z.string(),
});
export type SessionPort = z.infer<typeof sessionPortSchema>;
export const sessionPortsInput = z.strictObject({ id });
export const sessionPortsOutput = z.object({
  ports: z.array(sessionPortSchema),
  /** `unknown`: who listens can't be told, `problem` says why. `asleep`: the session does not run. */
  detection: z.enum(["done", "asleep", "unknown"]),
  problem: z.string().nullable(),
});

export const savePortInput = z.strictObject({
  id,
  port,
  name: z.string().trim().max(60).default(""),
  kind: portKindSchema.default("http"),
});
export const savedPortSchema = z.object({ port: z.number().int(), name: z.string(), kind: portKindSchema });
export const forgetPortInput = z.strictObject({ id, port });

export const openPortInput = z.strictObject({ id, port, kind: portKindSchema.default("http"), reason });
export const openPortOutput = z.object({
  /** `http`: absolute URL to open in a new tab. `tcp`: path of the WebSocket with its ticket. Good once, for 30 seconds. */
  url: z.string(),
  expiresAt: z.date(),
});

export const MAX_PORT_LINK_SECONDS = 30 * 24 * 60 * 60;
export const portShareSchema = z.object({
  id: z.uuid(),
  port: z.number().int(),
  label: z.string(),
  createdBy: z.string().nullable(),
  createdAt: z.date(),
  expiresAt: z.date(),
  /** Who came by it, the last first. */
  visits: z.array(z.object({ user: z.string(), times: z.number().int(), firstAt: z.date(), lastAt: z.date() })),
});
export type PortShare = z.infer<typeof portShareSchema>;
export const portSharesInput = z.strictObject({ id });
export const portSharesOutput = z.object({ shares: z.array(portShareSchema) });
export const sharePortInput = z.strictObject({
  id,
  port,
  /** What it is for. */
  label: z.string().trim().max(100).default(""),
  /** Default a day, at most thirty. */
  expiresInSeconds: z
    .number()
    .int()
    .min(60)
    .max(MAX_PORT_LINK_SECONDS)
    .default(24 * 60 * 60),
});
/** `url` holds the link's token and is shown here alone. */
export const sharePortOutput = portShareSchema.extend({ url: z.string() });
export const unsharePortInput = z.strictObject({ id, shareId: z.uuid() });

export const portLinkInput = z.strictObject({ token: shareTokenSchema });
export const portLinkOutput = z.object({
  session: z.string(),
  owner: z.string(),
  port: z.number().int(),
  label: z.string(),
  expiresAt: z.date(),
});
