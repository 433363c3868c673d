import { BerthError } from "@berth/protocol/errors";

/** What a policy says. `hidden`: whoever asks may not even know that the thing exists, so it looks as if it didn't. */
export type Verdict = "allowed" | "refused" | "hidden";

/** Throws what a verdict means: `missing()` for `hidden`, 403 for `refused`; `what` completes "may not …". */
export function enforce(verdict: Verdict, missing: () => BerthError, what: string): void {
  if (verdict === "hidden") throw missing();
  if (verdict === "refused") throw new BerthError("AUTH_INSUFFICIENT_PERMISSIONS", `Your role may not ${what}; ask an administrator`);
}
