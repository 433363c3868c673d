import { BerthError } from "@berth/protocol/errors";
import type { TokenGrant, TokenScope, UserRole } from "../users/users-schema";

/** The role that a token acts with: never more than its owner's, and an administrator's only where its scope says so. */
export const scopedRole = (owner: UserRole, scope: TokenScope): UserRole => (owner === "admin" && scope !== "admin" ? "operator" : owner);

/**
 * What no role gives to a token: with `read` nothing is changed, and what is a person's own (password, second factor, logins, tokens) is
 * theirs at a browser alone. Throws AUTH_INSUFFICIENT_PERMISSIONS. Null is a person who signed in.
 */
export function demandScope(token: TokenGrant | null, call: { type: "query" | "mutation" | "subscription"; peopleOnly: boolean }): void {
  if (!token) return;
  if (call.peopleOnly)
    throw new BerthError("AUTH_INSUFFICIENT_PERMISSIONS", "An API token may not do this; sign in with a password, or in a browser");
  if (token.scope === "read" && call.type === "mutation")
    throw new BerthError("AUTH_INSUFFICIENT_PERMISSIONS", `The API token '${token.name}' may only read; make one with the scope 'write'`);
}
