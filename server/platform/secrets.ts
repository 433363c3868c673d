import { hkdfSync, timingSafeEqual } from "node:crypto";

/** Keys for each purpose, derived from the master key (HKDF-SHA-256), so that one that leaks tells nothing of another. */
export interface Keys {
  /** HS256 of our JWTs. */
  readonly jwt: Uint8Array;
  /** next-auth's secret: it encrypts the cookie with it. */
  readonly cookie: string;
  /** HMAC of the cookie of a session's web app. */
  readonly appCookie: Uint8Array;
  /** AES-256 of the seeds of second factors. */
  readonly secondFactor: Uint8Array;
  /** AES-256 of what webhooks are signed with. */
  readonly webhooks: Uint8Array;
  /** AES-256 of the credentials of tasks. */
  readonly taskCredentials: Uint8Array;
  /** AES-256 of the passwords of image registries. */
  readonly registries: Uint8Array;
  /** AES-256 of sessions' environment variables, at rest and in tasks. */
  readonly sessionEnvironment: Uint8Array;
  /** HMAC by which two sets of variables are told apart. */
  readonly environmentFingerprint: Uint8Array;
  /** HMAC of recovery codes. */
  readonly recoveryCodes: Uint8Array;
  /** AES-256 of the keys of the agents' certificate authority. */
  readonly authority: Uint8Array;
  /** HS256 of the tokens that agents are given when they enrol. */
  readonly agentToken: Uint8Array;
}

export function deriveKeys(masterKey: Uint8Array): Keys {
  const derive = (purpose: string) => new Uint8Array(hkdfSync("sha256", masterKey, "", `berth/${purpose}`, 32));
  return {
    jwt: derive("jwt"),
    cookie: Buffer.from(derive("cookie")).toString("hex"),
    appCookie: derive("app-cookie"),
    secondFactor: derive("second-factor"),
    webhooks: derive("webhooks"),
    taskCredentials: derive("task-credentials"),
    registries: derive("registries"),
    sessionEnvironment: derive("session-environment"),
    environmentFingerprint: derive("environment-fingerprint"),
    recoveryCodes: derive("recovery-codes"),
    authority: derive("agent-authority"),
    agentToken: derive("agent-token"),
  };
}

/** Compares without telling by time where they differ. */
export function sameSecret(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
