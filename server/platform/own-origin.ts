import { BerthError } from "@berth/protocol/errors";

/** Of what a page of another origin could have sent with a person's cookie: an `Origin` must be there, and be ours. */
export function requireOrigin(origin: string | null | undefined, publicOrigin: string): void {
  if (origin === publicOrigin) return;
  const sent = origin === undefined || origin === null ? "no Origin" : `Origin '${origin.slice(0, 200)}'`;
  throw new BerthError(
    "AUTH_ORIGIN_REFUSED",
    `The request has ${sent}, but this control plane is used at ${publicOrigin}: open it there, or set PUBLIC_URL`,
  );
}
