/**
 * What may leave and enter a session by its screen. A template's version says it for all its sessions and is the ceiling; a session may
 * be tighter than that, and only an administrator makes one looser. Enforced by the agent, for each open viewer.
 */
import { z } from "zod";
import { sessionPolicyFields } from "./session-policy-fields";

export const sessionPolicySchema = z.object({
  /** Text from the person's clipboard into the desktop. */
  clipboardIn: z.boolean().default(true),
  /** Text that was copied inside the desktop, to the person. */
  clipboardOut: z.boolean().default(true),
  fileTransfer: z.boolean().default(true),
  /** Others may be invited to the screen. An administrator's visit is no invitation. */
  sharing: z.boolean().default(true),
  /** Small pictures of the screen in lists. */
  thumbnails: z.boolean().default(true),
  /** Shells and programs inside, by the browser or by `berth exec`. */
  terminals: z.boolean().default(true),
  /** Other ports than its display's: in the browser, by `berth port-forward`, by link. */
  ports: z.boolean().default(true),
} satisfies Record<(typeof sessionPolicyFields)[number], z.ZodType>);
export type SessionPolicy = z.infer<typeof sessionPolicySchema>;
/** Some of it; what isn't named stays as it is. */
export const sessionPolicyChangeSchema = z.strictObject({
  clipboardIn: z.boolean().optional(),
  clipboardOut: z.boolean().optional(),
  fileTransfer: z.boolean().optional(),
  sharing: z.boolean().optional(),
  thumbnails: z.boolean().optional(),
  terminals: z.boolean().optional(),
  ports: z.boolean().optional(),
});
export type SessionPolicyChange = z.infer<typeof sessionPolicyChangeSchema>;

/** What `change` allows beyond `ceiling`. */
export const fieldsBeyond = (change: SessionPolicyChange, ceiling: SessionPolicy): (keyof SessionPolicy)[] =>
  sessionPolicyFields.filter((field) => change[field] === true && !ceiling[field]);

export function changedPolicy(policy: SessionPolicy, change: SessionPolicyChange): SessionPolicy {
  const next = { ...policy };
  for (const field of sessionPolicyFields) next[field] = change[field] ?? policy[field];
  return next;
}
