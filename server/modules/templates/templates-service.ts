import { BerthError } from "@berth/protocol/errors";
import type { z } from "zod";
import type { Asker } from "../users/users-schema";
import type { createTemplateInput, listTemplatesInput, listTemplatesOutput, Template, updateTemplateInput } from "./templates-schema";

export const templateMissing = (name: string): BerthError => new BerthError("TEMPLATE_NOT_FOUND", `Template '${name}' does not exist`);

export class TemplatesService {
  async list(_input: z.output<typeof listTemplatesInput>): Promise<z.output<typeof listTemplatesOutput>> { throw new Error("not built yet"); }
  async get(_name: string): Promise<Template> { throw new Error("not built yet"); }
  async create(_asker: Asker, _input: z.output<typeof createTemplateInput>): Promise<Template> { throw new Error("not built yet"); }
  async update(_asker: Asker, _input: z.output<typeof updateTemplateInput>): Promise<Template> { throw new Error("not built yet"); }
  async remove(_asker: Asker, _name: string): Promise<void> { throw new Error("not built yet"); }
}
