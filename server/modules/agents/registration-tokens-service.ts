import type { RegistrationReply, registrationRequestSchema } from "@berth/protocol/agent-registration";
import { BerthError } from "@berth/protocol/errors";
import type { z } from "zod";
import type { Bus } from "../../platform/bus";
import type { Clock } from "../../platform/clock";
import { type Database, isUniqueViolation } from "../../platform/database";
import { hashSecret, type Ids } from "../../platform/ids";
import { pagination } from "../../platform/paging";
import { actorOf } from "../audit/audit-actor";
import type { AuditService } from "../audit/audit-service";
import type { IdentityService } from "../identity/identity-service";
import type { Asker } from "../users/users-schema";
import { demandFreeName } from "./agent-name";
import type {
  createdRegistrationTokenSchema,
  createRegistrationTokenInput,
  listRegistrationTokensInput,
  listRegistrationTokensOutput,
} from "./agents-schema";
import {
  findAgent,
  findAgentNames,
  findRegistrationToken,
  findRegistrationTokens,
  insertAgent,
  insertRegistrationToken,
  type RegistrationTokenRow,
  revokeRegistrationToken,
  useRegistrationToken,
} from "./agents-store";
import { labelsOf, withGiven } from "./given-labels";

export const TOKEN_HOURS = 24;
export const HEARTBEAT_SECONDS = 10;
const TASK_POLL_SECONDS = 5;

export interface RegistrationDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly audit: AuditService;
  readonly identity: IdentityService;
  /** What agents dial. */
  readonly agentUrl: () => URL;
  /** Where they get their program; always by a certificate that everyone knows, or on this machine. */
  readonly downloadUrl: () => URL;
  /** SHA-256 (hex) of the key of the certificate authority; see `AuthorityService.pin`. */
  readonly authorityPin: () => Promise<string>;
  /** SHA-256 (hex) of the agent program that this control plane serves; null where it was not built. */
  readonly agentBundleSha256: () => string | null;
  /** `AGENT_PLAIN_HTTP=allow`. */
  readonly plainHttp: boolean;
}

/** How a host becomes an agent: a one-time token, used once within 24 hours, for a certificate of its own. */
export class RegistrationTokensService {
  constructor(private readonly deps: RegistrationDeps) {}

  async list(input: z.output<typeof listRegistrationTokensInput>): Promise<z.output<typeof listRegistrationTokensOutput>> {
    const { rows, nextCursor, counted } = await findRegistrationTokens(this.deps.database, input);
    const agents = await findAgentNames(
      this.deps.database,
      rows.flatMap((row) => row.agentId ?? []),
    );
    const nameOf = new Map(agents.map(({ id, name }) => [id, name]));
    const tokens = rows.map((row) => view(row, row.agentId ? (nameOf.get(row.agentId) ?? null) : null));
    return { tokens, pagination: pagination(input, counted, nextCursor) };
  }

  async create(
    asker: Asker,
    input: z.output<typeof createRegistrationTokenInput>,
  ): Promise<z.output<typeof createdRegistrationTokenSchema>> {
    if (input.agentName !== undefined) demandFreeName(input.agentName);
    const token = this.deps.ids.secret();
    const now = this.deps.clock.now();
    const row = await this.deps.database.$transaction(async (tx) => {
      const made = await insertRegistrationToken(tx, {
        id: this.deps.ids.uuid(),
        tokenHash: hashSecret(token),
        agentName: input.agentName ?? null,
        labels: input.labels,
        capabilities: input.capabilities,
        approval: input.approval,
        createdById: asker.userId,
        createdAt: now,
        expiresAt: new Date(now.getTime() + TOKEN_HOURS * 3_600_000),
      });
      await this.deps.audit.record(tx, actorOf(asker), {
        action: "registration_tokens.create",
        target: { kind: "registration_token", id: made.id },
        details: { agentName: input.agentName ?? null, approval: input.approval },
      });
      return made;
    });
    return { ...view(row, null), token, command: await this.command(token, input.agentName) };
  }

  /** A token for the agent that runs beside the control plane; null where an agent of that name is enrolled already. */
  async createForThisMachine(agentName: string): Promise<string | null> {
    if (await findAgent(this.deps.database, agentName)) return null;
    const token = this.deps.ids.secret();
    const now = this.deps.clock.now();
    const expiresAt = new Date(now.getTime() + TOKEN_HOURS * 3_600_000);
    await this.deps.database.$transaction(async (tx) => {
      const made = await insertRegistrationToken(tx, {
        id: this.deps.ids.uuid(),
        tokenHash: hashSecret(token),
        agentName,
        createdById: null,
        createdAt: now,
        expiresAt,
      });
      await this.deps.audit.record(
        tx,
        { kind: "system" },
        {
          action: "registration_tokens.create",
          target: { kind: "registration_token", id: made.id },
          details: { agentName },
        },
      );
    });
    return token;
  }

  async revoke(asker: Asker, id: string): Promise<void> {
    await this.deps.database.$transaction(async (tx) => {
      const row = await findRegistrationToken(tx, id);
      if (!row) throw new BerthError("REGISTRATION_TOKEN_NOT_FOUND", `No registration token with ID '${id}' exists`);
      if (!(await revokeRegistrationToken(tx, id, this.deps.clock.now()))) return;
      await this.deps.audit.record(tx, actorOf(asker), {
        action: "registration_tokens.revoke",
        target: { kind: "registration_token", id },
      });
    });
  }

  /**
   * Throws HTTPS_REQUIRED for a request that others could have read, before its token is looked at; REGISTRATION_TOKEN_INVALID for a token that is unknown, used, old, revoked or for another name; what else is refused
   * (AGENT_NAME_TAKEN, a CSR that is wrong or missing) leaves the token as it was. Where the token asks for approval there is no
   * certificate yet.
   */
  async register(input: {
    token: string | null;
    address: string;
    inPlain: boolean;
    request: z.output<typeof registrationRequestSchema>;
  }): Promise<RegistrationReply> {
    const { request } = input;
    const token = input.token;
    if (input.inPlain && !this.deps.plainHttp)
      throw new BerthError(
        "HTTPS_REQUIRED",
        "Agents enrol over https or the agents' own port: over plain http the token and the key could be read on the way. AGENT_PLAIN_HTTP=allow takes it where the network is yours alone",
      );
    if (!token) throw new BerthError("REGISTRATION_TOKEN_INVALID", "Send the one-time registration token in the header X-Agent-Token");
    demandFreeName(request.name);
    const agentId = this.deps.ids.uuid();
    const { identity } = this.deps;
    const key = await identity.newKey(request.csr);
    let certificate: RegistrationReply["certificate"] = null;
    try {
      certificate = await this.deps.database.$transaction(async (tx) => {
        const used = await useRegistrationToken(tx, hashSecret(token), agentId, request.name, this.deps.clock.now());
        if (!used)
          throw new BerthError(
            "REGISTRATION_TOKEN_INVALID",
            `This registration token was used, has run out, was revoked or is not for '${request.name}'; make a new one`,
          );
        if (used.approval && key.key !== null)
          throw new BerthError("VALIDATION_FAILED", "csr: this token's agent has to be approved by its key; send a certificate request", {
            details: { fields: { csr: "is needed with this token" } },
          });
        const { name, platform, version } = request;
        const now = this.deps.clock.now();
        await insertAgent(tx, {
          id: agentId,
          name,
          platform,
          version,
          region: request.region ?? null,
          ...withGiven({ givenLabels: used.labels, givenCapabilities: used.capabilities }, request),
          givenLabels: labelsOf(used.labels),
          givenCapabilities: used.capabilities,
          keyFingerprint: key.fingerprint,
          approvedAt: used.approval ? null : now,
          heartbeatIntervalSeconds: HEARTBEAT_SECONDS,
          createdAt: now,
        });
        await this.deps.audit.record(
          tx,
          { kind: "agent", id: agentId, name, address: input.address },
          {
            action: "agents.register",
            target: { kind: "agent", id: agentId },
            details: { name, registrationToken: used.id, keyFingerprint: key.fingerprint, approval: used.approval },
          },
        );
        return used.approval ? null : identity.issue(tx, { id: agentId, name, publicKey: key.publicKey });
      });
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      throw new BerthError(
        "AGENT_NAME_TAKEN",
        `An agent named '${request.name}' is registered already; choose another name or remove that one`,
      );
    }
    await this.deps.bus.publish({ kind: "agent", agentId });
    return {
      agentId,
      token: await identity.tokenFor(agentId, key.publicKey),
      config: { heartbeatInterval: HEARTBEAT_SECONDS, taskPollInterval: TASK_POLL_SECONDS, logLevel: "info" },
      certificate: certificate && { ...certificate, ...(key.key === null ? {} : { key: key.key }) },
    };
  }

  private async command(token: string, agentName: string | undefined): Promise<string> {
    const { origin } = this.deps.agentUrl();
    const sha256 = this.deps.agentBundleSha256();
    const options = [
      `--url ${origin}`,
      `--token ${token}`,
      ...(sha256 ? [`--sha256 ${sha256}`] : []),
      `--ca-sha256 ${await this.deps.authorityPin()}`,
      ...(agentName ? [`--name ${agentName}`] : []),
    ];
    return `curl -fsSL ${this.deps.downloadUrl().origin}/agent/install.sh | sh -s -- ${options.join(" ")}`;
  }
}

const view = (row: RegistrationTokenRow, usedBy: string | null) => ({
  id: row.id,
  agentName: row.agentName,
  labels: labelsOf(row.labels),
  capabilities: row.capabilities,
  approval: row.approval,
  createdAt: row.createdAt,
  expiresAt: row.expiresAt,
  usedAt: row.usedAt,
  usedBy,
  revokedAt: row.revokedAt,
});
