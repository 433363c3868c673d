import { BerthError } from "@berth/protocol/errors";

/** What a policy says. `hidden`: whoever asks may not even know that the thing exists, so it looks as if it didn't. */
export type Verdict = "allowed" | "refused" | "hidden";

const hidden = new WeakSet<BerthError>();

/** Thrown by `enforce` for what is there and may not be known of. Told to nobody who asks; the audit log has it. */
export const wasHidden = (error: BerthError): boolean => hidden.has(error);

/** Throws what a verdict means: `missing()` for `hidden`, 403 for `refused`; `what` completes "may not …". */
export function enforce(verdict: Verdict, missing: () => BerthError, what: string): void {
  if (verdict === "hidden") {
    const error = missing();
    hidden.add(error);
    throw error;
  }
  if (verdict === "refused") throw new BerthError("AUTH_INSUFFICIENT_PERMISSIONS", `Your role may not ${what}; ask an administrator`);
}
