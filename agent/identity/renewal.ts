/** Keeps the agent's certificate fresh, also one that ran out while the agent slept. */
import { certificatePath } from "@berth/protocol/agent-proof";
import { certificateReplySchema } from "@berth/protocol/agent-registration";
import { BerthError } from "@berth/protocol/errors";
import type { Clock, Timer } from "../clock";
import { askControlPlane } from "../connection/ask-control-plane";
import { type Log, wordsOf } from "../log";
import type { KeyCredentials } from "./credentials";
import { jsonOf, type Kept, keepIdentity } from "./identity-file";

const LOOK_EVERY_MS = 60_000;
/** Before its end. */
const RENEW_BEFORE_MS = 3_600_000;

export interface RenewalParts {
  readonly url: URL;
  readonly kept: Kept;
  /** `credential.json`. */
  readonly path: string;
  readonly credentials: KeyCredentials;
  readonly clock: Clock;
  readonly log: Log;
}

export class Renewal {
  readonly #parts: RenewalParts;
  #timer: Timer | null = null;
  #underWay: Promise<void> | null = null;

  constructor(parts: RenewalParts) {
    this.#parts = parts;
  }

  /** Renews at once where it is time, and looks every minute from then on. Resolves when the first look is over, whatever came of it. */
  async start(): Promise<void> {
    this.#timer = this.#parts.clock.every(LOOK_EVERY_MS, () => void this.look());
    await this.look();
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** Never throws: what failed is in the log, and tried again. */
  async look(): Promise<void> {
    const { credentials, clock, log } = this.#parts;
    const expiresAt = credentials.certificate?.expiresAt;
    if (!expiresAt || new Date(expiresAt).getTime() - clock.now().getTime() > RENEW_BEFORE_MS) return;
    this.#underWay ??= this.#renew()
      .catch((error: unknown) =>
        log.error({ reason: wordsOf(error), expiresAt }, "the certificate could not be renewed; it is tried again"),
      )
      .finally(() => {
        this.#underWay = null;
      });
    await this.#underWay;
  }

  async #renew(): Promise<void> {
    const { url, kept, path, credentials, log } = this.#parts;
    const target = certificatePath(kept.agentId);
    const body = Buffer.from("{}");
    const headers = await credentials.headers("POST", target, body);
    const { status, text } = await askControlPlane(url, { method: "POST", path: target, headers, body, tls: credentials.tls() });
    const certificate = status === 200 ? certificateReplySchema.safeParse(jsonOf(text)).data?.certificate : undefined;
    if (!certificate) throw new BerthError("AUTH_TOKEN_INVALID", `the control plane answered ${status}: ${text.slice(0, 300)}`);
    // Kept first: after a crash in between, the older one is still good for a while.
    await keepIdentity(path, { ...kept, certificate });
    credentials.replace(certificate);
    log.info({ expiresAt: certificate.expiresAt }, "the certificate was renewed");
  }
}
