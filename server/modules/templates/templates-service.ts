import { BerthError } from "@berth/protocol/errors";
import type { z } from "zod";
import type { Bus } from "../../platform/bus";
import { type Database, isUniqueViolation, type Tx } from "../../platform/database";
import type { Ids } from "../../platform/ids";
import { pagination } from "../../platform/paging";
import { type AuditActor, actorOf } from "../audit/audit-actor";
import type { AuditService } from "../audit/audit-service";
import type { Asker } from "../users/users-schema";
import { specColumns, templateView } from "./template-spec";
import type { createTemplateInput, listTemplatesInput, listTemplatesOutput, Template, updateTemplateInput } from "./templates-schema";
import {
  countSessionsFrom,
  deleteTemplate,
  findTemplate,
  findTemplateById,
  findTemplates,
  findVersion,
  insertTemplate,
  insertVersion,
  lockTemplate,
  updateTemplate,
} from "./templates-store";

export const templateMissing = (name: string): BerthError => new BerthError("TEMPLATE_NOT_FOUND", `Template '${name}' does not exist`);

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

  async update(asker: Asker, input: z.output<typeof updateTemplateInput>): Promise<Template> {
    const written = await this.deps.database.$transaction(async (tx) => {
      await lockTemplate(tx, input.name);
      const found = await findTemplate(tx, input.name);
      if (!found) throw templateMissing(input.name);
      const number = found.template.currentVersion + 1;
      const version = await insertVersion(tx, {
        id: this.deps.ids.uuid(),
        templateId: found.template.id,
        version: number,
        createdById: asker.userId,
        ...specColumns(input),
      });
      const { displayName, category, description, tags, icon, iconUrl } = input;
      const template = await updateTemplate(tx, found.template.id, {
        displayName,
        category,
        description,
        tags,
        icon,
        iconUrl,
        currentVersion: number,
      });
      await this.deps.audit.record(tx, actorOf(asker), {
        action: "templates.update",
        target: { kind: "template", id: template.id },
        details: { name: input.name, version: number, security: input.security },
      });
      return { template, version };
    });
    await this.deps.bus.publish({ kind: "template", templateId: written.template.id });
    return templateView(written);
  }

  /** Refused with TEMPLATE_INVALID while sessions (ended ones too) were started from it. */
  async remove(asker: Asker, name: string): Promise<void> {
    const id = await this.deps.database.$transaction(async (tx) => {
      await lockTemplate(tx, name);
      const found = await findTemplate(tx, name);
      if (!found) throw templateMissing(name);
      const sessions = await countSessionsFrom(tx, found.template.id);
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

  /** `tried: false` marks a public image that nobody tried with this version. */
  async insert(actor: AuditActor, input: z.output<typeof createTemplateInput>, tried: boolean): Promise<Template> {
    try {
      const written = await this.deps.database.$transaction(async (tx) => {
        const { name, displayName, category, description, tags, icon, iconUrl } = input;
        const template = await insertTemplate(tx, {
          id: this.deps.ids.uuid(),
          name,
          displayName,
          category,
          description,
          tags,
          icon,
          iconUrl,
          tried,
        });
        const createdById = actor.kind === "user" ? actor.id : null;
        const version = await insertVersion(tx, {
          id: this.deps.ids.uuid(),
          templateId: template.id,
          version: 1,
          createdById,
          ...specColumns(input),
        });
        await this.deps.audit.record(tx, actor, {
          action: "templates.create",
          target: { kind: "template", id: template.id },
          details: { name, security: input.security },
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
