import { isDeepStrictEqual } from "node:util";
import { BerthError } from "@berth/protocol/errors";
import type { z } from "zod";
import type { Clock } from "../../platform/clock";
import type { Database, Tx } from "../../platform/database";
import { pagination } from "../../platform/paging";
import { actorOf } from "../audit/audit-actor";
import type { Asker } from "../users/users-schema";
import { iconIsThere } from "./template-icons-store";
import { canonicalContent, contentOf } from "./template-spec";
import type {
  cloneInput,
  exportOutput,
  importInput,
  importOutput,
  listVersionsInput,
  listVersionsOutput,
  previewImportOutput,
  rollBackInput,
  templateVersionSchema,
  usageOutput,
  versionDetailSchema,
  YamlProblem,
} from "./template-versions-schema";
import { countUsage, findVersionOrNull, findVersions } from "./template-versions-store";
import { type NamedContent, templateFromYaml, templateToYaml } from "./template-yaml";
import type { Template } from "./templates-schema";
import { type TemplatesService, templateMissing } from "./templates-service";
import { findTemplate, findUsernames, type TemplateRow, type TemplateVersionRow } from "./templates-store";

const DAYS = 30;
const DAY_MS = 86_400_000;

export interface TemplateHistoryDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly templates: TemplatesService;
}

/** What became of templates and what is made from them: versions, roll-back, copies, files, use. */
export class TemplateHistoryService {
  constructor(private readonly deps: TemplateHistoryDeps) {}

  async versions(input: z.output<typeof listVersionsInput>): Promise<z.output<typeof listVersionsOutput>> {
    const { template } = await this.find(input.name);
    const { rows, nextCursor, counted } = await findVersions(this.deps.database, template.id, input);
    const names = await findUsernames(this.deps.database, rows);
    return { versions: rows.map((row) => versionView(template, row, names)), pagination: pagination(input, counted, nextCursor) };
  }

  async version(name: string, version: number): Promise<z.output<typeof versionDetailSchema>> {
    const { template } = await this.find(name);
    const row = await this.versionOf(this.deps.database, template, version);
    const names = await findUsernames(this.deps.database, [row]);
    return { ...versionView(template, row, names), content: contentOf(template, row) };
  }

  /** Writes a new version that is equal to an old one; sessions keep theirs. */
  rollBack(asker: Asker, { name, version, fromVersion }: z.output<typeof rollBackInput>): Promise<Template> {
    return this.deps.templates.write(asker, name, {
      action: "templates.roll_back",
      fromVersion,
      restoredFrom: version,
      content: async (tx, { template }) => contentOf(template, await this.versionOf(tx, template, version)),
    });
  }

  /** A template of its own with the current content of another. */
  async clone(asker: Asker, { name, newName, displayName }: z.output<typeof cloneInput>): Promise<Template> {
    const { template, version } = await this.find(name);
    const content = contentOf(template, version);
    const input = { ...content, name: newName, displayName: displayName ?? content.displayName };
    const note = `Copied from version ${version.version} of ${name}`;
    return this.deps.templates.insert(actorOf(asker), input, template.tried, { clone: name, note });
  }

  async exportYaml(name: string): Promise<z.output<typeof exportOutput>> {
    const { template, version } = await this.find(name);
    return {
      fileName: `${name}.yaml`,
      yaml: templateToYaml({ name, content: contentOf(template, version), warmPool: { size: template.warmPoolSize } }),
    };
  }

  /** What a file would do, or what is wrong with it. Changes nothing. */
  async previewImport(yaml: string): Promise<z.output<typeof previewImportOutput>> {
    const read = templateFromYaml(yaml);
    if (!read.ok) return { outcome: "invalid", problems: [...read.problems] };
    const { name, content: incoming, warmPool, warnings } = await this.asTaken(read);
    const found = await findTemplate(this.deps.database, name);
    if (!found) return { outcome: "create", name, incoming, current: null, warnings };
    const content = contentOf(found.template, found.version);
    const waiting = found.template.warmPoolSize;
    const pooled = warmPool === undefined || warmPool.size === waiting;
    if (!pooled) warnings.push(`Its warm pool will have ${warmPool.size} sessions instead of ${waiting}`);
    const outcome = pooled && isDeepStrictEqual(canonicalContent(content), incoming) ? "same" : "update";
    return { outcome, name, incoming, current: { version: found.version.version, content }, warnings };
  }

  /** Throws TEMPLATE_INVALID with `details.problems`, each with path, line and column. */
  async importYaml(asker: Asker, { yaml, fromVersion }: z.output<typeof importInput>): Promise<z.output<typeof importOutput>> {
    const read = templateFromYaml(yaml);
    if (!read.ok) throw yamlInvalid(read.problems);
    const { name, content, warmPool } = await this.asTaken(read);
    const note = "Imported from a file";
    if (fromVersion === null) {
      return { created: true, template: await this.deps.templates.insert(actorOf(asker), { name, ...content, warmPool }, true, { note }) };
    }
    const change = { action: "templates.import", fromVersion, note, warmPool, content: async () => content } as const;
    return { created: false, template: await this.deps.templates.write(asker, name, change) };
  }

  async usage(name: string): Promise<z.output<typeof usageOutput>> {
    const { template } = await this.find(name);
    const today = Math.floor(this.deps.clock.now().getTime() / DAY_MS) * DAY_MS;
    const first = today - (DAYS - 1) * DAY_MS;
    const counts = await countUsage(this.deps.database, template.id, new Date(first));
    const byDay = new Map(counts.days.map(({ day, started }) => [day, started]));
    const days = Array.from({ length: DAYS }, (_, index) => {
      const day = new Date(first + index * DAY_MS).toISOString().slice(0, 10);
      return { day, started: byDay.get(day) ?? 0 };
    });
    const liveByVersion = counts.byVersion.map((row) => ({ version: row.templateVersion, sessions: row._count._all }));
    return {
      live: liveByVersion.reduce((sum, { sessions }) => sum + sessions, 0),
      running: counts.running,
      startedLast30Days: days.reduce((sum, { started }) => sum + started, 0),
      peopleLast30Days: counts.people,
      startedEver: counts.ever,
      lastStartedAt: counts.lastStartedAt,
      liveByVersion,
      days,
    };
  }

  /** An uploaded icon of another Berth isn't here: the file is taken without it, and says so. */
  private async asTaken({ content, ...named }: NamedContent): Promise<NamedContent & { warnings: string[] }> {
    const taken = canonicalContent(content);
    if (await iconIsThere(this.deps.database, taken.icon)) return { ...named, content: taken, warnings: [] };
    return {
      ...named,
      content: { ...taken, icon: null },
      warnings: [`The icon '${taken.icon}' was uploaded elsewhere and isn't here: left out`],
    };
  }

  private async find(name: string) {
    const found = await findTemplate(this.deps.database, name);
    if (!found) throw templateMissing(name);
    return found;
  }

  private async versionOf(db: Database | Tx, template: TemplateRow, version: number): Promise<TemplateVersionRow> {
    const row = await findVersionOrNull(db, template.id, version);
    if (!row)
      throw new BerthError("TEMPLATE_NOT_FOUND", `'${template.name}' has no version ${version}; its newest is ${template.currentVersion}`);
    return row;
  }
}

function versionView(
  template: TemplateRow,
  row: TemplateVersionRow,
  names: ReadonlyMap<string, string>,
): z.output<typeof templateVersionSchema> {
  return {
    version: row.version,
    createdAt: row.createdAt,
    createdBy: row.createdById === null ? null : (names.get(row.createdById) ?? null),
    note: row.note,
    restoredFrom: row.restoredFrom,
    image: row.image,
    current: row.version === template.currentVersion,
  };
}

function yamlInvalid(problems: readonly YamlProblem[]): BerthError {
  const message = problems.map(({ path, line, message }) => `line ${line}${path ? `, ${path}` : ""}: ${message}`).join("; ");
  return new BerthError("TEMPLATE_INVALID", message.slice(0, 1000), { details: { problems } });
}
