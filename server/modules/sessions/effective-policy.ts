import { type SessionPolicy, sessionPolicySchema } from "@berth/protocol/session-policy";

/** What holds for a session: its own policy, where it has one, or that of the template's version. */
export const effectivePolicy = (session: { readonly policy: unknown }, version: { readonly policy: unknown }): SessionPolicy =>
  sessionPolicySchema.parse(session.policy ?? version.policy);
