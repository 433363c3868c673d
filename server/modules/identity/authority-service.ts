import { createHash, type KeyObject, X509Certificate } from "node:crypto";
import type { AgentCertificate } from "@berth/protocol/agent-registration";
import type { Clock } from "../../platform/clock";
import { type Database, lock, type Tx } from "../../platform/database";
import type { Ids } from "../../platform/ids";
import type { Log } from "../../platform/log";
import { seal, unseal } from "../../platform/sealing";
import type { Keys } from "../../platform/secrets";
import type { AuditActor } from "../audit/audit-actor";
import type { AuditService } from "../audit/audit-service";
import type { TrustedAuthority } from "./certificate-check";
import {
  CERTIFICATE_HOURS,
  type CertifiedKey,
  fingerprintOf,
  makeAgentCertificate,
  makeAuthority,
  makeCross,
  makeServerCertificate,
} from "./certificate-making";
import { type AuthorityRow, findAuthorities, findIssuer, insertAuthority, insertCertificate, retireAuthority } from "./identity-store";

/** Another replica's rotation is heard of after this at the latest; a certificate of an authority that isn't known yet asks at once. */
const KNOWN_FOR_MS = 60_000;
const ASK_AGAIN_MS = 1_000;

export interface AuthorityDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly audit: AuditService;
  readonly keys: Pick<Keys, "authority">;
  /** How long after its end a certificate may still be renewed. */
  readonly renewalGraceMs: number;
}

interface Known {
  readonly at: number;
  readonly rows: readonly AuthorityRow[];
  readonly trusted: readonly TrustedAuthority[];
}

/** The certificate authority of the agents: in the database, so that every replica has the same; its keys sealed with the master key. */
export class AuthorityService {
  private known: Known | null = null;

  constructor(private readonly deps: AuthorityDeps) {}

  /**
   * Makes the first authority, once for all replicas; and another where the keys of the one that is there can't be read, because the master
   * key is not the one that sealed them: then agents that know only the old root take the agents' port for a stranger's.
   */
  async ensure(): Promise<void> {
    await this.deps.database.$transaction(async (tx) => {
      await lock(tx, "authority", "issuer");
      const there = await findIssuer(tx);
      if (there && this.readable(there)) return;
      if (there) {
        this.deps.log.error({ authority: there.id }, "the agents' authority was sealed with another master key; a new one takes its place");
        await retireAuthority(tx, there.id, this.deps.clock.now());
      }
      await this.make(tx, null);
    });
    this.known = null;
  }

  /**
   * A new root and a new issuing key take over at once. Certificates that were issued stay good, and who knows the old root alone is led to
   * the new one by a certificate between them.
   */
  async rotate(actor: AuditActor): Promise<{ sha256: string }> {
    const made = await this.deps.database.$transaction(async (tx) => {
      await lock(tx, "authority", "issuer");
      const before = await findIssuer(tx);
      if (before) await retireAuthority(tx, before.id, this.deps.clock.now());
      const row = await this.make(tx, before);
      await this.deps.audit.record(tx, actor, {
        action: "authority.rotate",
        target: { kind: "authority", id: row.id },
        details: { sha256: pinOf(row), before: before?.id ?? null },
      });
      return row;
    });
    this.known = null;
    return { sha256: pinOf(made) };
  }

  /** Issues to this key and writes the serial number down. */
  async issue(tx: Tx, agent: { id: string; name: string; publicKey: KeyObject }): Promise<AgentCertificate> {
    const row = await findIssuer(tx);
    if (!row) throw new Error("there is no certificate authority");
    const made = await makeAgentCertificate(this.issuing(row), agent, { serial: this.serial(), now: this.deps.clock.now() });
    const { serialNumber, raw } = new X509Certificate(made.certificate);
    await insertCertificate(tx, {
      serial: serialNumber.toUpperCase(),
      agentId: agent.id,
      authorityId: row.id,
      fingerprint: createHash("sha256").update(raw).digest("hex"),
      keyFingerprint: fingerprintOf(agent.publicKey),
      notBefore: made.notBefore,
      notAfter: made.notAfter,
    });
    return {
      cert: made.certificate + row.issuingCertificate,
      ca: await this.bundle(row.id),
      expiresAt: made.notAfter.toISOString(),
    };
  }

  /** Whose certificates are believed. `anew`: one of them wasn't found; asks the database again, but not all the time. */
  async trusted(anew = false): Promise<readonly TrustedAuthority[]> {
    return (await this.read(anew)).trusted;
  }

  /** Every root that is trusted, PEM, the newest first; `including` one that another replica may just have made. */
  async bundle(including?: string): Promise<string> {
    const known = await this.read();
    const stale = including !== undefined && !known.rows.some(({ id }) => id === including);
    return (stale ? await this.read(true) : known).rows.map((row) => row.rootCertificate).join("");
  }

  /** SHA-256 (hex) of the public key (SPKI) of the root that issues: what the pasted command carries. */
  async pin(): Promise<string> {
    const [row] = (await this.read()).rows;
    if (!row) throw new Error("there is no certificate authority");
    return pinOf(row);
  }

  /** What the agents' listener shows: for these names, with all that leads to a root that any agent knows. */
  async serverCertificate(names: readonly string[]): Promise<{ cert: string; key: string; ca: string }> {
    const { rows } = await this.read(true);
    const [row] = rows;
    if (!row) throw new Error("there is no certificate authority");
    const made = await makeServerCertificate(this.issuing(row), names, { serial: this.serial(), now: this.deps.clock.now() });
    const between = rows.map(({ crossCertificate }) => crossCertificate ?? "").join("");
    return {
      cert: made.certificate + row.issuingCertificate + between,
      key: made.key,
      ca: rows.map((one) => one.rootCertificate).join(""),
    };
  }

  private async make(tx: Tx, before: AuthorityRow | null): Promise<AuthorityRow> {
    const { clock, ids, keys } = this.deps;
    const id = ids.uuid();
    const now = clock.now();
    const made = await makeAuthority({ name: `Berth agents ${id.slice(0, 8)}`, now, serials: [this.serial(), this.serial()] });
    const root = before && { certificate: before.rootCertificate, key: unseal(keys.authority, `${before.id}/root`, before.rootKey) };
    return insertAuthority(tx, {
      id,
      rootCertificate: made.root.certificate,
      rootKey: seal(keys.authority, `${id}/root`, made.root.key),
      issuingCertificate: made.issuing.certificate,
      issuingKey: seal(keys.authority, `${id}/issuing`, made.issuing.key),
      crossCertificate: root && (await makeCross(root, made.root.certificate, { serial: this.serial(), now })),
      createdAt: now,
    });
  }

  private readable(row: AuthorityRow): boolean {
    try {
      return this.issuing(row).key !== "";
    } catch {
      return false;
    }
  }

  private issuing(row: AuthorityRow): CertifiedKey {
    return { certificate: row.issuingCertificate, key: unseal(this.deps.keys.authority, `${row.id}/issuing`, row.issuingKey) };
  }

  private async read(anew = false): Promise<Known> {
    const now = this.deps.clock.now().getTime();
    const { known } = this;
    if (known && now - known.at < (anew ? ASK_AGAIN_MS : KNOWN_FOR_MS)) return known;
    // An authority outlives the last of its certificates, and the time in which that can be renewed.
    const lastsMs = CERTIFICATE_HOURS * 3_600_000 + this.deps.renewalGraceMs;
    const rows = await findAuthorities(this.deps.database, new Date(now - lastsMs));
    const trusted = rows.map((row) => ({
      id: row.id,
      root: new X509Certificate(row.rootCertificate),
      issuing: new X509Certificate(row.issuingCertificate),
    }));
    this.known = { at: now, rows, trusted };
    return this.known;
  }

  /** 17 bytes, of which 122 bits can't be guessed; positive as DER wants it. */
  private serial(): string {
    return `01${this.deps.ids.uuid().replaceAll("-", "")}`;
  }
}

const pinOf = (row: AuthorityRow): string => fingerprintOf(new X509Certificate(row.rootCertificate).publicKey);
