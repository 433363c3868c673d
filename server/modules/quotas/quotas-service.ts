import type { z } from "zod";
import type { Bus } from "../../platform/bus";
import { type Database, lock, type Tx } from "../../platform/database";
import { actorOf } from "../audit/audit-actor";
import type { AuditService } from "../audit/audit-service";
import { userMissing } from "../users/user-missing";
import { type Asker, userRoleSchema } from "../users/users-schema";
import { type Limits, limitsGiven, limitsText } from "./limits-schema";
import { type Ask, demandWithinQuota, effectiveLimits } from "./quota-check";
import type { listQuotasOutput, roleQuotaSchema, setQuotaInput } from "./quotas-schema";
import { findAmounts, findLimits, findRoleQuotas, writeRoleQuota } from "./quotas-store";
import type { Usage } from "./usage-schema";

export interface QuotasDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly audit: AuditService;
}

const unlimited: Limits = { sessions: null, cpuMillicores: null, memoryBytes: null, storageBytes: null };

/** How much a person may have: by their role, or as an administrator set it for them. */
export class QuotasService {
  constructor(private readonly deps: QuotasDeps) {}

  /** One for each role, limited or not. */
  async list(): Promise<z.output<typeof listQuotasOutput>> {
    const rows = await findRoleQuotas(this.deps.database);
    return { quotas: userRoleSchema.options.map((role) => ({ role, ...limitsText(rows.get(role) ?? unlimited) })) };
  }

  /** What isn't named stays. Sessions that are there stay too, also where they are more than that now. */
  async set(asker: Asker, { role, ...limits }: z.output<typeof setQuotaInput>): Promise<z.output<typeof roleQuotaSchema>> {
    const set = await this.deps.database.$transaction(async (tx) => {
      await writeRoleQuota(tx, role, limitsGiven(limits));
      const now = { role, ...limitsText((await findRoleQuotas(tx)).get(role) ?? unlimited) };
      await this.deps.audit.record(tx, actorOf(asker), { action: "quotas.set", target: { kind: "role", id: role }, details: now });
      return now;
    });
    await this.deps.bus.publish({ kind: "user", userId: asker.userId });
    return set;
  }

  /** Throws USER_NOT_FOUND. */
  async usage(userId: string): Promise<Usage> {
    const { limits } = await this.limitsOf(this.deps.database, userId);
    const amounts = await findAmounts(this.deps.database, userId, null);
    const of = (key: keyof Limits) => ({ used: amounts[key], limit: limits[key] });
    return {
      sessions: of("sessions"),
      cpuMillicores: of("cpuMillicores"),
      memoryBytes: of("memoryBytes"),
      storageBytes: of("storageBytes"),
    };
  }

  /**
   * Throws QUOTA_EXCEEDED where the owner may not have this too, as the transaction sees it, and keeps their other sessions from starting
   * until it ends: of two at once that fit one by one, one is refused. A session that is woken is left out of what they have.
   */
  async demand(tx: Tx, userId: string, ask: Ask, wokenId: string | null = null): Promise<void> {
    await lock(tx, "quota", userId);
    await this.check(tx, userId, ask, wokenId);
  }

  /** The same, for asking only: what is free now may be taken next moment. */
  async explain(userId: string, ask: Ask): Promise<void> {
    await this.check(this.deps.database, userId, ask, null);
  }

  private async check(db: Tx | Database, userId: string, ask: Ask, wokenId: string | null): Promise<void> {
    const { username, limits } = await this.limitsOf(db, userId);
    if (Object.values(limits).every((limit) => limit === null)) return;
    demandWithinQuota(username, ask, await findAmounts(db, userId, wokenId), limits);
  }

  private async limitsOf(db: Tx | Database, userId: string): Promise<{ username: string; limits: Limits }> {
    const found = await findLimits(db, userId);
    if (!found) throw userMissing(userId);
    return { username: found.username, limits: effectiveLimits(found.own, found.role) };
  }
}
