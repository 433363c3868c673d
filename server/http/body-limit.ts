import { BerthError } from "@berth/protocol/errors";

/** The largest body of a request outside the apps' origins: more than any body of the contracts needs. */
export const MAX_BODY_BYTES = 1024 * 1024;

/** Throws BODY_TOO_LARGE. `bytes`: as announced, or as read so far. */
export function limitBody(bytes: number): void {
  if (bytes > MAX_BODY_BYTES) throw new BerthError("BODY_TOO_LARGE", `The body may have ${MAX_BODY_BYTES} bytes, and this one has more`);
}
