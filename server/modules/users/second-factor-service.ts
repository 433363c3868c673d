import { BerthError } from "@berth/protocol/errors";
import type { z } from "zod";
import type { Bus } from "../../platform/bus";
import type { Clock } from "../../platform/clock";
import type { Database, Tx } from "../../platform/database";
import type { Ids } from "../../platform/ids";
import { seal, unseal } from "../../platform/sealing";
import type { Keys } from "../../platform/secrets";
import { actorOf } from "../audit/audit-actor";
import type { AuditService } from "../audit/audit-service";
import type { proofInput, recoveryCodesOutput, secondFactorSchema, startSecondFactorOutput } from "./account-schema";
import type { LoginLimits } from "./login-limits";
import { checkPassword } from "./password";
import { newRecoveryCodes, recoveryCodeHash } from "./recovery-codes";
import {
  confirmTotp,
  countRecoveryCodes,
  proposeTotp,
  removeTotp,
  replaceRecoveryCodes,
  takeRecoveryCode,
  takeTotpStep,
} from "./second-factor-store";
import { newTotpSecret, totpStep, totpUri } from "./totp";
import { userMissing } from "./user-missing";
import type { Asker } from "./users-schema";
import { findUser, type UserRow } from "./users-store";

export interface SecondFactorDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly keys: Keys;
  readonly limits: LoginLimits;
  readonly audit: AuditService;
  /** Told to the authenticator app, beside the username. */
  readonly host: string;
}

const conflict = (message: string) => new BerthError("SECOND_FACTOR_CONFLICT", message);
const noneSetUp = () => conflict("This account has no second factor; set one up first");
const wrong = (field: "password" | "code", problem: string) =>
  new BerthError("AUTH_INVALID_CREDENTIALS", problem, { details: { fields: { [field]: problem } } });
const wrongCode = () => wrong("code", "This code is not right, or was used already; wait for the next one");

/** Codes of an authenticator app (RFC 6238), and recovery codes for when it is lost. */
export class SecondFactorService {
  constructor(private readonly deps: SecondFactorDeps) {}

  async status(userId: string): Promise<z.output<typeof secondFactorSchema>> {
    const user = await this.user(userId);
    return {
      confirmedAt: user.totpConfirmedAt,
      recoveryCodesLeft: user.totpConfirmedAt ? await countRecoveryCodes(this.deps.database, userId) : 0,
    };
  }

  /** A new secret, which counts once a code of it has come (`confirm`). Until then each call makes another one. Throws SECOND_FACTOR_CONFLICT. */
  async start(asker: Asker, password: string): Promise<z.output<typeof startSecondFactorOutput>> {
    const user = await this.provePassword(asker, password);
    if (user.passwordHash === null) throw conflict("This account signs in by its identity provider, which asks for a second factor itself");
    const secret = newTotpSecret();
    const proposed = await this.deps.database.$transaction((tx) =>
      proposeTotp(tx, user.id, seal(this.deps.keys.secondFactor, user.id, secret)),
    );
    if (!proposed) throw conflict("A second factor is set up already; remove it first");
    return { secret, uri: totpUri(secret, { username: user.username, host: this.deps.host }) };
  }

  /** From now on it is asked for. The recovery codes are told this once. */
  async confirm(asker: Asker, code: string): Promise<z.output<typeof recoveryCodesOutput>> {
    const user = await this.user(asker.userId);
    if (user.totpConfirmedAt) throw conflict("A second factor is set up already");
    if (user.totpSecret === null) throw noneSetUp();
    const step = totpStep(this.open(user, user.totpSecret), plain(code), this.deps.clock.now(), null);
    if (step === null) throw wrong("code", "This code is not right; check that the clock of the device is");
    const pending = { id: user.id, totpSecret: user.totpSecret };
    const recoveryCodes = await this.deps.database.$transaction(async (tx) => {
      if (!(await confirmTotp(tx, pending, this.deps.clock.now(), step))) throw conflict("Another setup was begun meanwhile; use its code");
      await this.record(tx, asker, "users.add_second_factor", user.id);
      return this.makeRecoveryCodes(tx, user.id);
    });
    await this.deps.bus.publish({ kind: "user", userId: user.id });
    return { recoveryCodes };
  }

  async renewRecoveryCodes(asker: Asker, proof: z.output<typeof proofInput>): Promise<z.output<typeof recoveryCodesOutput>> {
    const recoveryCodes = await this.proven(asker, proof, async (tx) => {
      await this.record(tx, asker, "users.renew_recovery_codes", asker.userId);
      return this.makeRecoveryCodes(tx, asker.userId);
    });
    return { recoveryCodes };
  }

  async remove(asker: Asker, proof: z.output<typeof proofInput>): Promise<void> {
    await this.proven(asker, proof, async (tx) => {
      await removeTotp(tx, asker.userId);
      await this.record(tx, asker, "users.remove_second_factor", asker.userId);
    });
  }

  /** For someone who has lost both device and recovery codes; whoever does this has made sure of who they are. */
  async reset(asker: Asker, userId: string): Promise<void> {
    const user = await this.user(userId);
    if (!user.totpConfirmedAt) throw conflict(`'${user.username}' has no second factor`);
    await this.deps.database.$transaction(async (tx) => {
      await removeTotp(tx, userId);
      await this.record(tx, asker, "users.reset_second_factor", userId, { username: user.username });
    });
    await this.deps.bus.publish({ kind: "user", userId });
  }

  /** Uses up what was typed, in the transaction of what it allows; null where it is neither a code of now nor a recovery code. */
  async use(tx: Tx, user: UserRow, typed: string): Promise<"code" | "recovery code" | null> {
    if (!user.totpSecret || !user.totpConfirmedAt) return null;
    const secret = this.open(user, user.totpSecret);
    const text = plain(typed);
    if (!/^\d{6}$/.test(text)) {
      const hash = recoveryCodeHash(this.deps.keys.recoveryCodes, user.id, text);
      return (await takeRecoveryCode(tx, user.id, hash)) ? "recovery code" : null;
    }
    const step = totpStep(secret, text, this.deps.clock.now(), user.totpLastStep);
    return step !== null && (await takeTotpStep(tx, { id: user.id, totpSecret: user.totpSecret }, step)) ? "code" : null;
  }

  private async proven<T>(asker: Asker, proof: z.output<typeof proofInput>, work: (tx: Tx) => Promise<T>): Promise<T> {
    const user = await this.provePassword(asker, proof.password);
    if (!user.totpConfirmedAt) throw noneSetUp();
    await this.deps.limits.takeCode(user.id);
    const done = await this.deps.database.$transaction(async (tx) => {
      if (!(await this.use(tx, user, proof.code))) throw wrongCode();
      return work(tx);
    });
    await this.deps.limits.forgetCodes(user.id);
    await this.deps.bus.publish({ kind: "user", userId: user.id });
    return done;
  }

  /** Counts as a sign-in attempt, so that a stolen login can't be used to guess. */
  private async provePassword(asker: Asker, password: string): Promise<UserRow> {
    await this.deps.limits.take({ username: asker.username, address: asker.address });
    const user = await this.user(asker.userId);
    if (user.passwordHash !== null && !(await checkPassword(user.passwordHash, password))) {
      throw wrong("password", "The password is not right");
    }
    return user;
  }

  private async makeRecoveryCodes(tx: Tx, userId: string): Promise<string[]> {
    const codes = newRecoveryCodes(this.deps.ids);
    const hashes = codes.map((code) => recoveryCodeHash(this.deps.keys.recoveryCodes, userId, code));
    await replaceRecoveryCodes(tx, userId, hashes);
    return codes;
  }

  /** Throws SECOND_FACTOR_UNREADABLE. Recovery codes are kept by the same key: neither is worth anything then. */
  private open(user: UserRow, sealed: string): string {
    try {
      return unseal(this.deps.keys.secondFactor, user.id, sealed);
    } catch {
      throw new BerthError(
        "SECOND_FACTOR_UNREADABLE",
        `The second factor of '${user.username}' was sealed by another master key, so its codes can't be checked. Have an administrator reset it under Users, or start Berth with the key that it was made with; the last administrator is let in by \`npm run admin:reset\``,
      );
    }
  }

  private async user(id: string): Promise<UserRow> {
    const user = await findUser(this.deps.database, id);
    if (!user) throw userMissing(id);
    return user;
  }

  private record(tx: Tx, asker: Asker, action: string, userId: string, details: Record<string, string> = {}): Promise<void> {
    return this.deps.audit.record(tx, actorOf(asker), { action, target: { kind: "user", id: userId }, details });
  }
}

/** As people type and paste codes: `123 456`. */
const plain = (code: string): string => code.replace(/[\s-]/g, "");
