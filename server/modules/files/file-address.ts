import { BerthError } from "@berth/protocol/errors";
import { pathProblem } from "@berth/protocol/session-files";

/** A path inside a session, in bytes; absolute, without `.`, `..` and empty parts. */
export interface FileAddress {
  readonly bytes: Buffer;
  /** For people. */
  readonly shown: string;
}

/** Of text. Throws INVALID_PARAMETER. */
export const addressOf = (path: string): FileAddress => checked(Buffer.from(path, "utf8"));

/** Of what follows `…/files/` in an address: percent-encoded bytes, without the first slash. Throws INVALID_PARAMETER. */
export function addressInUrl(rest: string): FileAddress {
  if (/%(?![0-9A-Fa-f]{2})/.test(rest)) throw new BerthError("INVALID_PARAMETER", "path: has a % that begins no encoded byte");
  // An encoded slash would be another path to whoever reads the address than to the session.
  if (/%2f/i.test(rest)) throw new BerthError("INVALID_PARAMETER", "path: must not have an encoded slash in it");
  const latin = rest.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return checked(Buffer.from(`/${latin}`, "latin1"));
}

function checked(bytes: Buffer): FileAddress {
  const problem = pathProblem(bytes);
  if (problem) throw new BerthError("INVALID_PARAMETER", `path: ${problem}`);
  return { bytes, shown: bytes.toString("utf8") };
}
