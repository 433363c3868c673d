import { Secret, TOTP } from "otpauth";

/** RFC 6238 as every authenticator app understands it: SHA-1, six digits, 30 seconds. */
const shape = { issuer: "Berth", algorithm: "SHA1", digits: 6, period: 30 } as const;
/** Clocks may be this many steps apart. */
const DRIFT_STEPS = 1;

/** 160 random bits in base32, as RFC 4226 asks for. */
export const newTotpSecret = (): string => new Secret({ size: 20 }).base32;

/** What a QR code says to an authenticator app. `host` tells this Berth from another one. */
export const totpUri = (secret: string, account: { username: string; host: string }): string =>
  new TOTP({ ...shape, secret: Secret.fromBase32(secret), label: `${account.username}@${account.host}` }).toString();

/** The time step whose code this is; null where it is none of now or one step beside, or not later than `after`. */
export function totpStep(secret: string, code: string, now: Date, after: number | null): number | null {
  const totp = new TOTP({ ...shape, secret: Secret.fromBase32(secret) });
  const timestamp = now.getTime();
  const delta = /^\d{6}$/.test(code) ? totp.validate({ token: code, timestamp, window: DRIFT_STEPS }) : null;
  if (delta === null) return null;
  const step = totp.counter({ timestamp }) + delta;
  return after !== null && step <= after ? null : step;
}
