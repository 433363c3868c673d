import { BerthError } from "@berth/protocol/errors";
import type { z } from "zod";
import type { Bus } from "../../platform/bus";
import { type Database, isUniqueViolation, type Tx } from "../../platform/database";
import type { Ids } from "../../platform/ids";
import { pagination } from "../../platform/paging";
import { type AuditActor, actorOf } from "../audit/audit-actor";
import type { AuditService } from "../audit/audit-service";
import type { Asker } from "../users/users-schema";
import { demandIcon } from "./template-icons-store";
import { presentationOf, specColumns, templateView } from "./template-spec";
import type {
  createTemplateInput,
  listTemplatesInput,
  listTemplatesOutput,
  setWarmPoolInput,
  shelvesOutput,
  Template,
  TemplateContent,
  updateTemplateInput,
} from "./templates-schema";
import {
  countSessionsFrom,
  deleteTemplate,
  findCategories,
  findFavourites,
  findRecentlyUsed,
  findTemplate,
  findTemplateById,
  findTemplates,
  findUsernames,
  findVersion,
  insertTemplate,
  insertVersion,
  lockTemplate,
  updateTemplate,
  type VersionedTemplate,
  writeFavourite,
} from "./templates-store";

export const templateMissing = (name: string): BerthError => new BerthError("TEMPLATE_NOT_FOUND", `Template '${name}' does not exist`);

/** `/templates/new` and `/templates/import` are pages. */
const RESERVED: ReadonlySet<string> = new Set(["new", "import"]);

/** What is written as a new version, and what it was made from. */
export interface VersionChange {
  readonly action: "templates.update" | "templates.roll_back" | "templates.import";
  readonly fromVersion: number | undefined;
  readonly note?: string | undefined;
  readonly restoredFrom?: number;
  /** Left out, the pool stays as it is. */
  readonly warmPool?: Template["warmPool"] | undefined;
  /** Asked under the template's lock. */
  content(tx: Tx, current: VersionedTemplate): Promise<TemplateContent>;
}

export interface TemplatesDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly ids: Ids;
  readonly audit: AuditService;
}

/** Templates, whose versions never change once written: a session keeps the version that it was started from. */
export class TemplatesService {
  constructor(private readonly deps: TemplatesDeps) {}

  async list(input: z.output<typeof listTemplatesInput>): Promise<z.output<typeof listTemplatesOutput>> {
    const { rows, nextCursor, counted } = await findTemplates(this.deps.database, input, input);
    return { templates: rows.map(templateView), pagination: pagination(input, counted, nextCursor) };
  }

  async shelves(userId: string): Promise<z.output<typeof shelvesOutput>> {
    const { database } = this.deps;
    const [favourites, recent, categories] = await Promise.all([
      findFavourites(database, userId),
      findRecentlyUsed(database, userId, 12),
      findCategories(database),
    ]);
    return { favourites: favourites.map(templateView), recent: recent.map(templateView), categories };
  }

  /** Throws TEMPLATE_NOT_FOUND. */
  async setFavourite(userId: string, name: string, favourite: boolean): Promise<void> {
    const found = await findTemplate(this.deps.database, name);
    if (!found) throw templateMissing(name);
    await writeFavourite(this.deps.database, { userId, templateId: found.template.id }, favourite);
  }

  async get(name: string): Promise<Template> {
    const found = await findTemplate(this.deps.database, name);
    if (!found) throw templateMissing(name);
    return templateView(found);
  }

  /** The template as it was in one version; what a session's commands are rendered from. */
  async ofVersion(tx: Tx | Database, template: { id: string }, version: number): Promise<Template> {
    const row = await findTemplateById(tx, template.id);
    const spec = await findVersion(tx, template.id, version);
    return templateView({ template: row, version: spec });
  }

  create(asker: Asker, input: z.output<typeof createTemplateInput>): Promise<Template> {
    return this.insert(actorOf(asker), input, true);
  }

  update(asker: Asker, { name, fromVersion, note, warmPool, ...content }: z.output<typeof updateTemplateInput>): Promise<Template> {
    return this.write(asker, name, { action: "templates.update", fromVersion, note, warmPool, content: async () => content });
  }

  /** Writes a new version. Throws TEMPLATE_NOT_FOUND, or TEMPLATE_CHANGED where the current version isn't `fromVersion` any more. */
  async write(asker: Asker, name: string, change: VersionChange): Promise<Template> {
    const written = await this.deps.database.$transaction(async (tx) => {
      await lockTemplate(tx, name);
      const found = await findTemplate(tx, name);
      if (!found) throw templateMissing(name);
      if (change.fromVersion !== undefined && change.fromVersion !== found.version.version) {
        throw await this.changedMeanwhile(tx, found, change.fromVersion);
      }
      const content = await change.content(tx, found);
      await demandIcon(tx, content.icon);
      const number = found.template.currentVersion + 1;
      const version = await insertVersion(tx, {
        id: this.deps.ids.uuid(),
        templateId: found.template.id,
        version: number,
        createdById: asker.userId,
        presentation: presentationOf(content),
        note: change.note || null,
        restoredFrom: change.restoredFrom ?? null,
        ...specColumns(content),
      });
      const template = await updateTemplate(tx, found.template.id, {
        ...presentationOf(content),
        currentVersion: number,
        warmPoolSize: change.warmPool?.size,
      });
      await this.deps.audit.record(tx, actorOf(asker), {
        action: change.action,
        target: { kind: "template", id: template.id },
        details: {
          name,
          version: number,
          security: content.security,
          ...(change.restoredFrom === undefined ? {} : { restoredFrom: change.restoredFrom }),
          ...(change.warmPool === undefined ? {} : { warmPool: change.warmPool.size }),
        },
      });
      return { template, version };
    });
    await this.deps.bus.publish({ kind: "template", templateId: written.template.id });
    return templateView(written);
  }

  /** Writes no version: sessions are what they were. Throws TEMPLATE_NOT_FOUND. */
  async setWarmPool(asker: Asker, { name, size }: z.output<typeof setWarmPoolInput>): Promise<Template> {
    const written = await this.deps.database.$transaction(async (tx) => {
      await lockTemplate(tx, name);
      const found = await findTemplate(tx, name);
      if (!found) throw templateMissing(name);
      const template = await updateTemplate(tx, found.template.id, { warmPoolSize: size });
      await this.deps.audit.record(tx, actorOf(asker), {
        action: "templates.set_warm_pool",
        target: { kind: "template", id: template.id },
        details: { name, size, before: found.template.warmPoolSize },
      });
      return { template, version: found.version };
    });
    await this.deps.bus.publish({ kind: "template", templateId: written.template.id });
    return templateView(written);
  }

  private async changedMeanwhile(tx: Tx, { template, version }: VersionedTemplate, fromVersion: number): Promise<BerthError> {
    const changedBy = (await findUsernames(tx, [version])).get(version.createdById ?? "") ?? "Berth";
    return new BerthError(
      "TEMPLATE_CHANGED",
      `${changedBy} wrote version ${version.version} of '${template.name}' since version ${fromVersion}, which this was made from; look at what changed and do it again`,
      { details: { version: version.version, fromVersion, changedBy, changedAt: version.createdAt.toISOString() } },
    );
  }

  /** Refused with TEMPLATE_INVALID while sessions (ended ones too) were started from it. */
  async remove(asker: Asker, name: string): Promise<void> {
    const id = await this.deps.database.$transaction(async (tx) => {
      await lockTemplate(tx, name);
      const found = await findTemplate(tx, name);
      if (!found) throw templateMissing(name);
      const { sessions, waiting } = await countSessionsFrom(tx, found.template.id);
      if (sessions === 0 && waiting > 0) {
        throw new BerthError(
          "TEMPLATE_INVALID",
          `${waiting} session(s) of the warm pool of '${name}' are still there; set its size to 0 and try again when they have ended`,
          { details: { waiting } },
        );
      }
      if (sessions > 0) {
        throw new BerthError("TEMPLATE_INVALID", `${sessions} session(s) were started from '${name}'; delete them first`, {
          details: { sessions },
        });
      }
      await deleteTemplate(tx, found.template.id);
      await this.deps.audit.record(tx, actorOf(asker), {
        action: "templates.remove",
        target: { kind: "template", id: found.template.id },
        details: { name },
      });
      return found.template.id;
    });
    await this.deps.bus.publish({ kind: "template", templateId: id });
  }

  /** `tried: false` marks a public image that nobody tried with this version; `from` says where it comes from. */
  async insert(
    actor: AuditActor,
    input: z.output<typeof createTemplateInput>,
    tried: boolean,
    from: { readonly clone?: string; readonly note?: string } = {},
  ): Promise<Template> {
    if (RESERVED.has(input.name)) {
      throw new BerthError("TEMPLATE_INVALID", `'${input.name}' is the name of a page; choose another`, {
        details: { fields: { name: "is the name of a page" } },
      });
    }
    try {
      const written = await this.deps.database.$transaction(async (tx) => {
        await demandIcon(tx, input.icon);
        const { name } = input;
        const template = await insertTemplate(tx, {
          id: this.deps.ids.uuid(),
          name,
          ...presentationOf(input),
          tried,
          warmPoolSize: input.warmPool?.size,
        });
        const createdById = actor.kind === "user" ? actor.id : null;
        const version = await insertVersion(tx, {
          id: this.deps.ids.uuid(),
          templateId: template.id,
          version: 1,
          createdById,
          presentation: presentationOf(input),
          note: from.note ?? null,
          ...specColumns(input),
        });
        await this.deps.audit.record(tx, actor, {
          action: "templates.create",
          target: { kind: "template", id: template.id },
          details: { name, security: input.security, ...(from.clone === undefined ? {} : { clonedFrom: from.clone }) },
        });
        return { template, version };
      });
      await this.deps.bus.publish({ kind: "template", templateId: written.template.id });
      return templateView(written);
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      throw new BerthError("TEMPLATE_INVALID", `A template named '${input.name}' exists already`, {
        details: { fields: { name: "taken" } },
      });
    }
  }
}
