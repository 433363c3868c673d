import { createHmac } from "node:crypto";
import { environmentSchema } from "@berth/protocol/agent-commands";
import type { Clock } from "../../../platform/clock";
import { type Database, lock, type Tx } from "../../../platform/database";
import type { Log } from "../../../platform/log";
import { seal, unseal } from "../../../platform/sealing";
import type { Keys } from "../../../platform/secrets";
import {
  emptyEndedPayloads,
  emptyPlain,
  findOpenPayloads,
  findPlain,
  findSessionsWithPlain,
  findVariables,
  insertVariables,
  sealPayload,
  type VariableRow,
  writeStarted,
} from "./environment-store";

const BATCH = 200;

export interface Variable {
  readonly name: string;
  /** Null: sealed with a master key that is gone. */
  readonly value: string | null;
  readonly secret: boolean;
  readonly changedAt: Date;
  readonly changedById: string | null;
}

/** What sessions have over their template's variables: sealed in the database, opened here alone. */
export class SessionEnvironment {
  constructor(
    private readonly deps: {
      readonly clock: Clock;
      readonly log: Log;
      readonly keys: Pick<Keys, "sessionEnvironment" | "environmentFingerprint">;
    },
  ) {}

  /** Those that a session is made with. */
  async begin(
    tx: Tx,
    { id: sessionId }: { readonly id: string },
    values: Readonly<Record<string, string>>,
    byId: string | null,
  ): Promise<void> {
    const changedAt = this.deps.clock.now();
    const rows = Object.entries(values).map(([name, value]) =>
      this.sealed(sessionId, { name, value, secret: false, changedAt, changedById: byId }),
    );
    if (rows.length > 0) await insertVariables(tx, rows);
  }

  sealed(sessionId: string, { value, ...columns }: Variable & { readonly value: string }): VariableRow {
    return { sessionId, ...columns, valueSealed: seal(this.deps.keys.sessionEnvironment, `${sessionId}/${columns.name}`, value) };
  }

  /** Hold the session's lock: what an older version left in plain is sealed first. */
  async read(tx: Tx, sessionId: string): Promise<Variable[]> {
    await this.sealPlain(tx, sessionId);
    return (await findVariables(tx, sessionId)).map(({ valueSealed, sessionId: _, ...variable }) => ({
      ...variable,
      value: this.opened(sessionId, variable.name, valueSealed),
    }));
  }

  /** The values for a container that is asked for now, remembered as those that it has. One that is only thawed keeps those that it had. */
  async forStart(tx: Tx, row: { readonly id: string; readonly observed: string }): Promise<Record<string, string>> {
    const values = valuesOf(await this.read(tx, row.id));
    if (row.observed !== "frozen") await writeStarted(tx, row.id, this.fingerprint(values));
    return values;
  }

  /** The same for the same values, and telling nothing of them. */
  fingerprint(values: Readonly<Record<string, string>>): string {
    const sorted = Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
    return createHmac("sha256", this.deps.keys.environmentFingerprint).update(JSON.stringify(sorted)).digest("base64url");
  }

  /**
   * Seals what older versions left in plain, of sessions and of tasks, a few at a time: broken off it goes on where it was. Returns how many
   * rows it changed.
   */
  async sealAllPlain(database: Database, stopped: () => boolean): Promise<number> {
    let changed = 0;
    while (!stopped()) {
      const ids = await findSessionsWithPlain(database, BATCH);
      for (const id of ids) {
        await database.$transaction(async (tx) => {
          await lock(tx, "session", id);
          await this.sealPlain(tx, id);
        });
      }
      const open = await findOpenPayloads(database, BATCH);
      for (const { id, environment } of open)
        await sealPayload(database, id, seal(this.deps.keys.sessionEnvironment, id, JSON.stringify(environment)));
      const round = ids.length + open.length + (await emptyEndedPayloads(database, BATCH));
      if (round === 0) break;
      changed += round;
    }
    return changed;
  }

  private async sealPlain(tx: Tx, sessionId: string): Promise<void> {
    const row = await findPlain(tx, sessionId);
    const plain = environmentSchema.catch({}).parse(row?.environment ?? {});
    if (!row || Object.keys(plain).length === 0) return;
    const facts = { secret: false, changedAt: row.createdAt, changedById: null };
    await insertVariables(
      tx,
      Object.entries(plain).map(([name, value]) => this.sealed(sessionId, { name, value, ...facts })),
    );
    await emptyPlain(tx, sessionId, row.environmentStarted ?? (row.generation > 0 ? this.fingerprint(plain) : null));
  }

  private opened(sessionId: string, name: string, sealed: string): string | null {
    try {
      return unseal(this.deps.keys.sessionEnvironment, `${sessionId}/${name}`, sealed);
    } catch {
      this.deps.log.error({ sessionId, name }, "a session's variable can't be read with this master key; its owner has to set it again");
      return null;
    }
  }
}

/** Those that can be read. */
export const valuesOf = (variables: readonly Variable[]): Record<string, string> =>
  Object.fromEntries(variables.flatMap(({ name, value }) => (value === null ? [] : [[name, value] as const])));
