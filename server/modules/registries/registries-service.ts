import { BerthError } from "@berth/protocol/errors";
import type { z } from "zod";
import type { Clock } from "../../platform/clock";
import type { Database } from "../../platform/database";
import type { Log } from "../../platform/log";
import { seal, unseal } from "../../platform/sealing";
import type { Keys } from "../../platform/secrets";
import { actorOf } from "../audit/audit-actor";
import type { AuditService } from "../audit/audit-service";
import type { Asker } from "../users/users-schema";
import { imageRegistry } from "./image-registry";
import type { listRegistriesOutput, registrySchema, saveRegistryInput } from "./registries-schema";
import { deleteRegistry, findRegistries, findRegistriesOf, type RegistryRow, writeRegistry } from "./registries-store";

/** Each is one question of every pull. */
const MAX_REGISTRIES = 100;

export interface RegistryLogin {
  readonly username: string;
  readonly password: string;
}

/** User names and passwords of image registries: sealed, told to nobody, and given to the agents that pull from them. */
export class RegistriesService {
  constructor(
    private readonly deps: {
      readonly database: Database;
      readonly clock: Clock;
      readonly log: Log;
      readonly keys: Pick<Keys, "registries">;
      readonly audit: AuditService;
    },
  ) {}

  async list(): Promise<z.output<typeof listRegistriesOutput>> {
    return { registries: (await findRegistries(this.deps.database)).map((row) => this.view(row)) };
  }

  /** In the place of the one that was there for this host. Throws VALIDATION_FAILED where there are too many. */
  async save(asker: Asker, { host, username, password }: z.output<typeof saveRegistryInput>): Promise<z.output<typeof registrySchema>> {
    const { database, clock, keys, audit } = this.deps;
    return database.$transaction(async (tx) => {
      const there = await findRegistries(tx);
      if (there.length >= MAX_REGISTRIES && there.every((one) => one.host !== host))
        throw new BerthError("VALIDATION_FAILED", `There are ${MAX_REGISTRIES} registries already; remove one first`);
      const passwordSealed = seal(keys.registries, host, password);
      const row = await writeRegistry(tx, { host, username, passwordSealed, changedAt: clock.now(), changedById: asker.userId });
      await audit.record(tx, actorOf(asker), {
        action: "registries.save",
        target: { kind: "registry", id: host },
        details: { host, username },
      });
      return this.view(row);
    });
  }

  /** What was pulled stays where it is. Throws REGISTRY_NOT_FOUND. */
  async remove(asker: Asker, host: string): Promise<void> {
    const { database, audit } = this.deps;
    await database.$transaction(async (tx) => {
      if (!(await deleteRegistry(tx, host))) throw new BerthError("REGISTRY_NOT_FOUND", `No user name is kept for the registry '${host}'`);
      await audit.record(tx, actorOf(asker), { action: "registries.remove", target: { kind: "registry", id: host }, details: { host } });
    });
  }

  /** By image: of those that there is a login for. */
  async loginsFor(images: readonly string[]): Promise<ReadonlyMap<string, RegistryLogin>> {
    if (images.length === 0) return new Map();
    const rows = await findRegistriesOf(this.deps.database, [...new Set(images.map(imageRegistry))]);
    const byHost = new Map(rows.map((row) => [row.host, row]));
    return new Map(
      images.flatMap((image) => {
        const row = byHost.get(imageRegistry(image));
        const password = row && this.opened(row);
        return row && typeof password === "string" ? [[image, { username: row.username, password }] as const] : [];
      }),
    );
  }

  private view(row: RegistryRow): z.output<typeof registrySchema> {
    const { host, username, changedAt } = row;
    return { host, username, readable: this.opened(row) !== null, changedAt };
  }

  private opened({ host, passwordSealed }: RegistryRow): string | null {
    try {
      return unseal(this.deps.keys.registries, host, passwordSealed);
    } catch {
      this.deps.log.error({ host }, "a registry's password can't be read with this master key; an administrator has to set it again");
      return null;
    }
  }
}
