import { createHash, randomBytes, randomUUID } from "node:crypto";

/** Ids and randomness come in through this, so that tests can tell them. */
export interface Ids {
  uuid(): string;
  /** An unguessable secret: 32 random bytes, base64url. */
  secret(): string;
  /** Six lower-case letters and digits, for the end of a name that people read. */
  suffix(): string;
}

export const systemIds: Ids = {
  uuid: () => randomUUID(),
  secret: () => randomBytes(32).toString("base64url"),
  suffix: () => Array.from(randomBytes(6), (byte) => "abcdefghijkmnpqrstuvwxyz23456789"[byte % 32]).join(""),
};

/** How secrets that we made (256 random bits) are stored: SHA-256, hex. Passwords go through argon2id instead. */
export const hashSecret = (secret: string): string => createHash("sha256").update(secret).digest("hex");
