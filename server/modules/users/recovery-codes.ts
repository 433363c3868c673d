import { createHmac } from "node:crypto";
import type { Ids } from "../../platform/ids";

const HOW_MANY = 10;

/** Ten codes of 80 random bits, in an alphabet without look-alikes: `abcd-efgh-jkmn-pqrs`. */
export const newRecoveryCodes = (ids: Ids): string[] =>
  Array.from({ length: HOW_MANY }, () => Array.from({ length: 4 }, () => ids.suffix().slice(0, 4)).join("-"));

/** How a code is stored. Spaces, dashes and capitals don't matter; a copy of the database alone tells nothing. */
export const recoveryCodeHash = (key: Uint8Array, userId: string, code: string): string =>
  createHmac("sha256", key)
    .update(`${userId}:${code.toLowerCase().replace(/[\s-]/g, "")}`)
    .digest("hex");
