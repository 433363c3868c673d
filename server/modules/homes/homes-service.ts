import { BerthError } from "@berth/protocol/errors";
import type { z } from "zod";
import type { Actor } from "../users/users-policy";
import type { Asker } from "../users/users-schema";
import type { listHomesInput, listHomesOutput } from "./homes-schema";

export const homeMissing = (id: string): BerthError => new BerthError("HOME_NOT_FOUND", `No home with ID '${id}' exists`);

export class HomesService {
  async list(_actor: Actor, _input: z.output<typeof listHomesInput>): Promise<z.output<typeof listHomesOutput>> { throw new Error("not built yet"); }
  async ownership(_id: string): Promise<{ userId: string }> { throw new Error("not built yet"); }
  async delete(_asker: Asker, _id: string): Promise<void> { throw new Error("not built yet"); }
}
