import { createHash, type KeyObject } from "node:crypto";
import { PROOF_WINDOW_SECONDS } from "@berth/protocol/agent-proof";
import type { AgentCertificate } from "@berth/protocol/agent-registration";
import { BerthError } from "@berth/protocol/errors";
import { calculateJwkThumbprint, exportJWK, jwtVerify, SignJWT } from "jose";
import { z } from "zod";
import type { Clock } from "../../platform/clock";
import type { Database, Tx } from "../../platform/database";
import { Gathered } from "../../platform/gathered";
import { hashSecret } from "../../platform/ids";
import type { Keys } from "../../platform/secrets";
import type { ShownCredential } from "../../platform/shown-credential";
import type { AuditService } from "../audit/audit-service";
import type { AuthorityService } from "./authority-service";
import { type CheckedCertificate, checkCertificate } from "./certificate-check";
import { fingerprintOf, keyOfRequest, makeAgentKey } from "./certificate-making";
import {
  bindKey,
  findCertificates,
  findNewestCertificate,
  findOwner,
  insertNonce,
  noteLateRenewal,
  type OwnerRow,
  takeOldSecret,
} from "./identity-store";
import { checkProof, keyOfJwk, keyShown } from "./proof-check";

/** How long the token of a registration fetches a certificate: an approval may take a long weekend. */
const TOKEN_DAYS = 7;
/** Before its end. */
const RENEWAL_DUE_MS = 3_600_000;

export interface IdentityDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly audit: AuditService;
  readonly authority: AuthorityService;
  readonly keys: Pick<Keys, "agentToken">;
  /** How long after its end a certificate may still be renewed, once. */
  readonly renewalGraceMs: number;
}

/** Who is at the other end, proven. */
export interface ProvenAgent {
  /** The agent's UUID. */
  readonly agentId: string;
  /** Its `agent_id` on the wire. */
  readonly name: string;
}

/** How long the key that a secret was exchanged for may ask for its certificate once more. */
export const EXCHANGE_REPEATABLE_MS = 24 * 3_600_000;

interface Proven {
  readonly owner: OwnerRow;
  readonly certificate: CheckedCertificate;
}

const tokenClaims = z.object({ sub: z.uuid(), cnf: z.object({ jkt: z.string() }) });

/** Who an agent is: proven by the certificate of a TLS connection, or by a proof that is signed with its key. */
export class IdentityService {
  /** A fleet that comes back at once is looked up together. */
  private readonly certificates = new Gathered((serials: readonly string[]) => findCertificates(this.deps.database, serials));

  constructor(private readonly deps: IdentityDeps) {}

  /**
   * Throws AUTH_TOKEN_INVALID or AUTH_TOKEN_EXPIRED for what proves nobody, AUTH_INSUFFICIENT_PERMISSIONS for an agent that waits for
   * approval or whose proof names another. A certificate of the connection is taken for all that comes by it, whatever else is sent.
   */
  async authenticate(shown: ShownCredential): Promise<ProvenAgent> {
    const { owner } = await this.prove(shown, 0);
    return { agentId: owner.id, name: owner.name };
  }

  /** As `authenticate`, for what has an agent's UUID or `agent_id` in its path: AUTH_INSUFFICIENT_PERMISSIONS where it is another's. */
  async authenticateAs(agentRef: string, shown: ShownCredential): Promise<ProvenAgent> {
    const { owner } = await this.prove(shown, 0);
    if (!isOf(owner, agentRef)) throw foreign(owner.name);
    return { agentId: owner.id, name: owner.name };
  }

  /** What a new agent's key is: its own, of the request, or one that is made here and returned once. */
  async newKey(csr: string | undefined): Promise<{ publicKey: KeyObject; fingerprint: string; key: string | null }> {
    const { publicKey, key } = csr === undefined ? await makeAgentKey() : { publicKey: await keyOfRequest(csr), key: null };
    return { publicKey, fingerprint: fingerprintOf(publicKey), key };
  }

  issue(tx: Tx, agent: { id: string; name: string; publicKey: KeyObject }): Promise<AgentCertificate> {
    return this.deps.authority.issue(tx, agent);
  }

  /** What an agent was given last. */
  async newestCertificate(agentId: string): Promise<{ serial: string; expiresAt: Date } | null> {
    const row = await findNewestCertificate(this.deps.database, agentId);
    return row && { serial: row.serial, expiresAt: row.notAfter };
  }

  /** The token of a registration: says which agent it is, and is no use without the key. */
  async tokenFor(agentId: string, key: KeyObject): Promise<string> {
    const now = this.deps.clock.now().getTime();
    const jkt = await calculateJwkThumbprint(await exportJWK(key));
    return new SignJWT({ cnf: { jkt } })
      .setProtectedHeader({ alg: "HS256" })
      .setSubject(agentId)
      .setIssuedAt(Math.floor(now / 1000))
      .setExpirationTime(Math.floor(now / 1000) + TOKEN_DAYS * 86_400)
      .sign(this.deps.keys.agentToken);
  }

  /**
   * A certificate for the agent with this UUID or `agent_id`: a renewed one for who shows one (expired ones within the grace period, once each and for
   * the same key), the first for who proves the key that was enrolled, and for who has a secret from before there were certificates, once.
   * Null: it waits for approval. Throws as `authenticate` does.
   */
  async certificate(input: { agentRef: string; csr: string | undefined; shown: ShownCredential }): Promise<AgentCertificate | null> {
    const { shown, csr, agentRef } = input;
    const asked = csr === undefined ? null : await keyOfRequest(csr);
    const bearer = bearerOf(shown.authorization);
    if (shown.certificate || (bearer && keyShown(bearer).certificate)) {
      const proven = await this.prove(shown, this.deps.renewalGraceMs);
      if (!isOf(proven.owner, input.agentRef)) throw foreign(proven.owner.name);
      return this.renew(proven, asked ?? proven.certificate.publicKey);
    }
    if (bearer) return this.first(agentRef, bearer, shown, asked);
    if (shown.agentToken && asked) return this.exchange(agentRef, shown.agentToken, asked);
    throw new BerthError("AUTH_TOKEN_MISSING", "Show a certificate, or send a proof in 'Authorization: Bearer' (and a CSR)");
  }

  /**
   * As `authenticate`, for what has an agent's id in its path, with a fresh certificate where one was asked for (`csr`) or the old one has an
   * hour left at most.
   */
  async heard(input: { agentRef: string; csr: string | undefined; shown: ShownCredential }): Promise<{
    agent: ProvenAgent;
    renewal: AgentCertificate | null;
  }> {
    const asked = input.csr === undefined ? null : await keyOfRequest(input.csr);
    const proven = await this.prove(input.shown, 0);
    const { owner, certificate } = proven;
    if (!isOf(owner, input.agentRef)) throw foreign(owner.name);
    const due = certificate.notAfter.getTime() - this.deps.clock.now().getTime() <= RENEWAL_DUE_MS;
    const renewal = asked || due ? await this.renew(proven, asked ?? certificate.publicKey) : null;
    return { agent: { agentId: owner.id, name: owner.name }, renewal };
  }

  private async prove(shown: ShownCredential, graceMs: number): Promise<Proven> {
    if (shown.certificate) return this.recorded(await this.check(shown.certificate, graceMs));
    const proof = bearerOf(shown.authorization);
    if (!proof) throw new BerthError("AUTH_TOKEN_INVALID", "Agents show their certificate, or a proof in 'Authorization: Bearer'");
    const { certificate: der } = keyShown(proof);
    if (!der)
      throw new BerthError("AUTH_TOKEN_INVALID", "This agent has shown no certificate: it has to fetch one first, once it is approved");
    const certificate = await this.check(der, graceMs);
    const claims = await checkProof(proof, certificate.publicKey, shown, this.deps.clock.now());
    const proven = await this.recorded(certificate);
    if (claims.sub !== certificate.agentId) throw foreign(proven.owner.name);
    await this.demandFresh(certificate.keyFingerprint, claims.jti);
    return proven;
  }

  private async check(der: Uint8Array, graceMs: number): Promise<CheckedCertificate> {
    const { authority, clock } = this.deps;
    const trusted = await authority.trusted();
    try {
      return checkCertificate(der, trusted, clock.now(), graceMs);
    } catch (error) {
      // Another replica may have made a new authority meanwhile.
      const anew = await authority.trusted(true);
      if (anew === trusted) throw error;
      return checkCertificate(der, anew, clock.now(), graceMs);
    }
  }

  /** What the database says of it. A genuine certificate that isn't written down was never issued, or its agent is gone. */
  private async recorded(certificate: CheckedCertificate): Promise<Proven> {
    const row = await this.certificates.ask(certificate.serial);
    const { agentId, fingerprint } = certificate;
    if (!row || row.fingerprint !== fingerprint || row.agentId !== agentId || row.revokedAt || row.agent.revokedAt)
      throw new BerthError("AUTH_TOKEN_INVALID", "This agent's certificate was revoked, or was never issued here; enrol the agent again");
    if (!row.agent.approvedAt) throw waiting(row.agent.name);
    return { owner: row.agent, certificate };
  }

  private async demandFresh(keyFingerprint: string, jti: string): Promise<void> {
    const id = createHash("sha256").update(`${keyFingerprint} ${jti}`).digest("hex");
    const now = this.deps.clock.now().getTime();
    if (!(await insertNonce(this.deps.database, id, new Date(now + 2 * PROOF_WINDOW_SECONDS * 1000))))
      throw new BerthError("AUTH_TOKEN_INVALID", "This agent's proof was used before; each is good for one request");
  }

  private async renew({ owner, certificate }: Proven, publicKey: KeyObject): Promise<AgentCertificate> {
    const { database, clock } = this.deps;
    const keyFingerprint = fingerprintOf(publicKey);
    return database.$transaction(async (tx) => {
      if (certificate.expired) {
        if (keyFingerprint !== certificate.keyFingerprint)
          throw new BerthError("AUTH_INSUFFICIENT_PERMISSIONS", "After its end a certificate is renewed for the same key alone");
        if (!(await noteLateRenewal(tx, certificate.serial, clock.now())))
          throw new BerthError("AUTH_TOKEN_EXPIRED", "This certificate has expired and was renewed late before; enrol the agent again");
        const actor = { kind: "agent", id: owner.id, name: owner.name, address: null } as const;
        await this.deps.audit.record(tx, actor, {
          action: "agents.renew_late",
          target: { kind: "agent", id: owner.id },
          details: { name: owner.name, expiredAt: certificate.notAfter.toISOString() },
        });
      }
      if (keyFingerprint !== owner.keyFingerprint) await bindKey(tx, owner.id, keyFingerprint);
      return this.issue(tx, { id: owner.id, name: owner.name, publicKey });
    });
  }

  private async first(agentRef: string, proof: string, shown: ShownCredential, asked: KeyObject | null): Promise<AgentCertificate | null> {
    const { database, clock, keys } = this.deps;
    const { jwk } = keyShown(proof);
    const key = keyOfJwk(jwk ?? {});
    const invalid = () =>
      new BerthError("AUTH_TOKEN_INVALID", "This is not the key that was enrolled, or its token has run out; enrol the agent again");
    const verified = await jwtVerify(shown.agentToken ?? "", keys.agentToken, { algorithms: ["HS256"], currentDate: clock.now() }).catch(
      () => null,
    );
    const token = tokenClaims.safeParse(verified?.payload);
    if (!token.success || token.data.cnf.jkt !== (await calculateJwkThumbprint(await exportJWK(key)))) throw invalid();
    const claims = await checkProof(proof, key, shown, clock.now());
    const keyFingerprint = fingerprintOf(key);
    await this.demandFresh(keyFingerprint, claims.jti);
    const owner = await findOwner(database, token.data.sub);
    if (!owner || owner.revokedAt || owner.keyFingerprint !== keyFingerprint) throw invalid();
    if (!isOf(owner, agentRef) || claims.sub !== owner.id) throw foreign(owner.name);
    if (asked && fingerprintOf(asked) !== keyFingerprint)
      throw new BerthError("AUTH_INSUFFICIENT_PERMISSIONS", "The certificate is for the key that was enrolled, and for no other");
    if (!owner.approvedAt) return null;
    return database.$transaction((tx) => this.issue(tx, { id: owner.id, name: owner.name, publicKey: key }));
  }

  /** For agents that were enrolled before there were certificates; again for the same key where the answer may have been lost. */
  private async exchange(agentRef: string, secret: string, publicKey: KeyObject): Promise<AgentCertificate> {
    return this.deps.database.$transaction(async (tx) => {
      const asking = { id: agentRef.toLowerCase(), secretHash: hashSecret(secret), keyFingerprint: fingerprintOf(publicKey) };
      const owner = await takeOldSecret(tx, asking, this.deps.clock.now(), EXCHANGE_REPEATABLE_MS);
      if (!owner)
        throw new BerthError("AUTH_TOKEN_INVALID", "This agent's secret was exchanged before, or is not valid; enrol the agent again");
      return this.issue(tx, { id: owner.id, name: owner.name, publicKey });
    });
  }
}

const isOf = (owner: OwnerRow, ref: string): boolean => owner.id === ref.toLowerCase() || owner.name === ref;
const bearerOf = (authorization: string | null): string | null =>
  /^Bearer +([\x21-\x7e]{1,16384})$/i.exec(authorization ?? "")?.[1] ?? null;
const foreign = (name: string) => new BerthError("AUTH_INSUFFICIENT_PERMISSIONS", `'${name}' may not speak for another agent`);
const waiting = (name: string) => new BerthError("AUTH_INSUFFICIENT_PERMISSIONS", `'${name}' waits for an administrator's approval`);
