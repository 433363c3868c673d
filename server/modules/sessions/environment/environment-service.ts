import { BerthError } from "@berth/protocol/errors";
import type { z } from "zod";
import type { Bus } from "../../../platform/bus";
import type { Clock } from "../../../platform/clock";
import { type Database, lock, type Tx } from "../../../platform/database";
import { actorOf } from "../../audit/audit-actor";
import type { AuditService } from "../../audit/audit-service";
import type { TemplatesService } from "../../templates/templates-service";
import type { Asker } from "../../users/users-schema";
import { sessionMissing } from "../sessions-service";
import { findSession, insertEvent, type SessionRow } from "../sessions-store";
import { whyReserved } from "./environment-names";
import { canRestart, keepsItsValues } from "./environment-restart";
import {
  environmentBytes,
  type environmentInput,
  type environmentOutput,
  MAX_ENVIRONMENT_BYTES,
  MAX_VARIABLES,
  type updateEnvironmentInput,
  type updateEnvironmentOutput,
} from "./environment-schema";
import { findNames, raiseVersion, removeVariables, writeVariable } from "./environment-store";
import { type SessionEnvironment, type Variable, valuesOf } from "./session-environment";

export interface EnvironmentDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly audit: AuditService;
  readonly templates: TemplatesService;
  readonly environment: SessionEnvironment;
}

type Change = z.output<typeof updateEnvironmentInput>;

/** The variables of sessions for those who ask. Whoever calls has asked the policy. */
export class EnvironmentService {
  constructor(private readonly deps: EnvironmentDeps) {}

  /** With values only where `reveal` is asked for, which is the owner's alone and stands in the audit log. */
  async read(
    asker: Asker,
    { containerId: id, reveal, names }: z.output<typeof environmentInput>,
  ): Promise<z.output<typeof environmentOutput>> {
    const { row, own, inherited } = await this.deps.database.$transaction(async (tx) => {
      await lock(tx, "session", id);
      const found = await this.find(tx, id);
      const read = await this.deps.environment.read(tx, id);
      const { environment } = await this.deps.templates.ofVersion(tx, found.template, found.templateVersion);
      if (reveal) {
        await this.deps.audit.record(tx, actorOf(asker), {
          action: "sessions.reveal_environment",
          target: { kind: "session", id },
          details: { name: found.name, variables: names ?? "all" },
        });
      }
      return { row: found, own: read, inherited: environment };
    });
    const shown = (name: string, value: string | null) => (reveal && (names === undefined || names.includes(name)) ? value : null);
    const users = await findNames(
      this.deps.database,
      own.flatMap(({ changedById }) => changedById ?? []),
    );
    const mine = own.map(({ name, value, secret, changedAt, changedById }) => ({
      name,
      value: shown(name, value),
      secret,
      origin: name.startsWith("BERTH_") ? ("berth" as const) : ("session" as const),
      overrides: Object.hasOwn(inherited, name),
      readable: value !== null,
      changedAt,
      changedBy: changedById === null ? null : (users.get(changedById) ?? null),
    }));
    const ownNames = new Set(own.map(({ name }) => name));
    const others = Object.entries(inherited)
      .filter(([name]) => !ownNames.has(name))
      .map(([name, value]) => ({
        name,
        value: shown(name, value),
        secret: false,
        origin: "template" as const,
        ...{ overrides: false, readable: true, changedAt: null, changedBy: null },
      }));
    return {
      containerId: id,
      version: row.environmentVersion,
      restartRequired: this.restartRequired(row, own),
      variables: [...mine, ...others].sort((a, b) => (a.name < b.name ? -1 : 1)),
    };
  }

  /**
   * All of the change or none of it. Throws INVALID_PARAMETER for a name that is reserved or unknown and for too much, ENVIRONMENT_CHANGED where
   * `version` is another by now, SESSION_TERMINATING for a session that has no next start. A failing restart is told in `message`: the change is written by then.
   */
  async update(asker: Asker, input: Change, restart: () => Promise<unknown>): Promise<z.output<typeof updateEnvironmentOutput>> {
    const id = input.containerId;
    const { row, own, version, changed, removed } = await this.deps.database.$transaction((tx) => this.write(tx, asker, input));
    if (version !== row.environmentVersion)
      await this.deps.bus.publish({ kind: "inside", sessionId: id, userId: row.userId, about: "environment" });
    const required = this.restartRequired(row, own);
    const answer = { containerId: id, version, changed, removed };
    if (!required) return { ...answer, restartRequired: false, restarted: false, message: whenFor(row) };
    if (!input.restart)
      return {
        ...answer,
        restartRequired: true,
        restarted: false,
        message: `'${row.name}' has the values from before until it is restarted`,
      };
    if (!canRestart(row)) {
      const message = `'${row.name}' does not run now, so it was not restarted; it has the values from before until it is`;
      return { ...answer, restartRequired: true, restarted: false, message };
    }
    try {
      await restart();
    } catch (error) {
      if (!(error instanceof BerthError)) throw error;
      return {
        ...answer,
        restartRequired: true,
        restarted: false,
        message: `The change is kept, but the restart failed: ${error.message}`,
      };
    }
    return { ...answer, restartRequired: false, restarted: true, message: `'${row.name}' was restarted with the new values` };
  }

  private async write(tx: Tx, asker: Asker, input: Change) {
    const id = input.containerId;
    await lock(tx, "session", id);
    const row = await this.find(tx, id);
    if (row.desired === "terminated")
      throw new BerthError("SESSION_TERMINATING", `'${row.name}' has ended or is ending: there is no next start for its variables`);
    if (input.version !== undefined && input.version !== row.environmentVersion)
      throw new BerthError(
        "ENVIRONMENT_CHANGED",
        `The variables of '${row.name}' were changed meanwhile (version ${row.environmentVersion}, not ${input.version}); read them again`,
      );
    const before = new Map((await this.deps.environment.read(tx, id)).map((variable) => [variable.name, variable]));
    const { environment: inherited } = await this.deps.templates.ofVersion(tx, row.template, row.templateVersion);
    const after = changedBy(input, before, inherited, { at: this.deps.clock.now(), byId: asker.userId });
    const changed: string[] = [];
    const marked: string[] = [];
    for (const variable of after.values()) {
      const old = before.get(variable.name);
      if (old && old.value === variable.value && old.secret === variable.secret) continue;
      if (variable.value === null) throw refused(variable.name, "can't be read with this master key; set its value again");
      (old && old.value === variable.value ? marked : changed).push(variable.name);
      await writeVariable(tx, this.deps.environment.sealed(id, { ...variable, value: variable.value }));
    }
    const removed = [...before.keys()].filter((name) => !after.has(name));
    if (removed.length > 0) await removeVariables(tx, id, removed);
    const touched = changed.length + marked.length + removed.length;
    if (touched === 0) return { row, own: [...after.values()], version: row.environmentVersion, changed, removed };
    const version = await raiseVersion(tx, id);
    await this.deps.audit.record(tx, actorOf(asker), {
      action: "sessions.change_environment",
      target: { kind: "session", id },
      details: { name: row.name, changed, removed, marked, restart: input.restart },
    });
    // Names are not everyone's who may read the timeline.
    const message = `${touched === 1 ? "A variable was" : `${touched} variables were`} changed by ${asker.username}`;
    await insertEvent(tx, { sessionId: id, at: this.deps.clock.now(), kind: "environment_changed", message, actorId: asker.userId });
    return { row, own: [...after.values()], version, changed, removed };
  }

  private restartRequired(row: SessionRow, own: readonly Variable[]): boolean {
    const started = row.environmentStarted ?? this.deps.environment.fingerprint({});
    return keepsItsValues(row) && started !== this.deps.environment.fingerprint(valuesOf(own));
  }

  private async find(tx: Tx, id: string): Promise<SessionRow> {
    const row = await findSession(tx, id);
    if (!row) throw sessionMissing(id);
    return row;
  }
}

/** The session's variables after a change. Throws INVALID_PARAMETER. */
function changedBy(
  { env, secret, notSecret }: Change,
  before: ReadonlyMap<string, Variable>,
  inherited: Readonly<Record<string, string>>,
  { at, byId }: { at: Date; byId: string },
): Map<string, Variable> {
  const after = new Map(before);
  for (const [name, value] of Object.entries(env)) {
    const old = before.get(name);
    if (value === null) {
      if (!old && Object.hasOwn(inherited, name))
        throw refused(name, "comes from the template and can't be removed here; an empty value of your own goes before it");
      after.delete(name);
      continue;
    }
    const why = whyReserved(name);
    if (why) throw refused(name, `is reserved: ${why}`);
    after.set(name, { name, value, secret: old?.secret ?? false, changedAt: at, changedById: byId });
  }
  for (const [names, mark] of [
    [secret, true],
    [notSecret, false],
  ] as const) {
    for (const name of names) {
      const variable = after.get(name);
      if (!variable) throw refused(name, "is no variable of this session");
      after.set(name, { ...variable, secret: mark, changedAt: at, changedById: byId });
    }
  }
  if (after.size > MAX_VARIABLES) throw refused("env", `can't hold more than ${MAX_VARIABLES} variables; these would be ${after.size}`);
  const bytes = environmentBytes(valuesOf([...after.values()]));
  if (bytes > MAX_ENVIRONMENT_BYTES)
    throw refused("env", `can't be larger than ${MAX_ENVIRONMENT_BYTES / 1024} KB together; this would be ${Math.ceil(bytes / 1024)} KB`);
  return after;
}

const refused = (name: string, problem: string) =>
  new BerthError("INVALID_PARAMETER", `'${name}' ${problem}`, { details: { fields: { [name]: problem } } });

const whenFor = (row: SessionRow): string =>
  keepsItsValues(row) ? `'${row.name}' has these values` : `'${row.name}' gets these values at its next start`;
