import { viewerModeSchema } from "@berth/protocol/agent-messages";
import { z } from "zod";

/** `owner`: whose session it is. `admin`: visits, with a reason. `invited`: a signed-in person. `guest`: came by a link. */
export const visitorKindSchema = z.enum(["owner", "admin", "invited", "guest"]);

export const viewerSchema = z.object({
  /** The person, as `sessions.control` names them; one person may have several screens open. */
  key: z.string(),
  name: z.string(),
  kind: visitorKindSchema,
  /** Set while an administrator who isn't invited is here. */
  visit: z.literal("admin").nullable(),
  reason: z.string().nullable(),
  /** The most that they may have. */
  right: viewerModeSchema,
  controls: z.boolean(),
  /** They ask for control. */
  requested: z.boolean(),
  since: z.date(),
  screens: z.number().int(),
  you: z.boolean(),
});
export type SessionViewer = z.infer<typeof viewerSchema>;
export const viewersOutput = z.object({
  viewers: z.array(viewerSchema),
  /** What the asking person may do now. */
  may: z.object({ take: z.boolean(), request: z.boolean(), release: z.boolean(), give: z.boolean() }),
});

/** `request` is `take` for the owner and visiting administrators. `give` needs `to`. */
export const controlInput = z.strictObject({
  id: z.uuid(),
  action: z.enum(["request", "give", "take", "release"]),
  to: z.string().max(200).optional(),
});

export const shareSchema = z.object({
  id: z.uuid(),
  sessionId: z.uuid(),
  kind: z.enum(["person", "link"]),
  mode: viewerModeSchema,
  /** Whom; null: whoever has the link. */
  user: z.string().nullable(),
  label: z.string(),
  createdBy: z.string().nullable(),
  createdAt: z.date(),
  expiresAt: z.date().nullable(),
  lastUsedAt: z.date().nullable(),
});
export type SessionShare = z.infer<typeof shareSchema>;

export const MAX_LINK_SECONDS = 7 * 24 * 60 * 60;
/** A web app is shared with `control` alone: nothing on the way could tell looking from using. With `user` an invitation, without one a link. Inviting somebody again changes their mode. */
export const createShareInput = z.strictObject({
  sessionId: z.uuid(),
  mode: viewerModeSchema.default("view"),
  user: z.string().min(1).max(63).optional(),
  label: z.string().max(100).default(""),
  /** For a link; default an hour, at most a week. */
  expiresInSeconds: z.number().int().min(60).max(MAX_LINK_SECONDS).optional(),
});
/** `url` holds a link's token and is shown here alone. */
export const createShareOutput = shareSchema.extend({ url: z.string().nullable() });
export const listSharesInput = z.strictObject({ sessionId: z.uuid() });
export const listSharesOutput = z.object({ shares: z.array(shareSchema) });
export const shareIdInput = z.strictObject({ id: z.uuid() });
export const mySharesOutput = z.object({
  shares: z.array(z.object({ id: z.uuid(), sessionId: z.uuid(), name: z.string(), owner: z.string(), mode: viewerModeSchema })),
});

export const shareTokenSchema = z.string().regex(/^[\w-]{43}$/, "is not a link of ours");
const guestKeySchema = z.string().regex(/^[\w-]{43}$/);
/** A guest's way in. `guestKey` of an earlier answer: the same guest comes back. */
export const enterShareInput = z.strictObject({
  token: shareTokenSchema,
  name: z.string().trim().min(1).max(40),
  guestKey: guestKeySchema.optional(),
});
export const enterShareOutput = z.object({
  protocol: z.enum(["rfb", "http"]),
  /** `rfb`: path of the WebSocket with its ticket. `http`: absolute URL of the app's entrance. Good once, for 30 seconds. */
  url: z.string(),
  session: z.string(),
  mode: viewerModeSchema,
  /** What this guest is known by from now on; kept by their page alone. */
  guestKey: z.string(),
});
export const guestInput = z.strictObject({ token: shareTokenSchema, guestKey: guestKeySchema });
export const guestControlInput = guestInput.extend({ action: z.enum(["request", "release"]) });
/** What a guest may know: the names of those who are here, and who has control. */
export const guestViewOutput = z.object({
  viewers: z.array(viewerSchema.pick({ name: true, kind: true, controls: true, you: true })),
  mode: viewerModeSchema,
  controls: z.boolean(),
  requested: z.boolean(),
  /** What the page offers; the agent keeps it either way. */
  policy: z.object({ clipboardIn: z.boolean(), clipboardOut: z.boolean() }),
});
