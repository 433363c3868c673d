import { BerthError } from "@berth/protocol/errors";

/** Throws VALIDATION_FAILED for a service account, which must not get a password by any way. */
export function demandPerson(user: { readonly username: string; readonly kind: "person" | "service" }): void {
  if (user.kind !== "service") return;
  const problem = `'${user.username}' is a service account: it has no password; make it an API token`;
  throw new BerthError("VALIDATION_FAILED", problem, { details: { fields: { password: problem } } });
}
