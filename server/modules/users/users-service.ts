import { BerthError } from "@berth/protocol/errors";
import type { z } from "zod";
import type { Asker, createUserInput, listUsersInput, listUsersOutput, updateUserInput, User } from "./users-schema";

export const userMissing = (id: string): BerthError => new BerthError("USER_NOT_FOUND", `No user '${id}' exists`);

export class UsersService {
  async get(_id: string): Promise<User> { throw new Error("not built yet"); }
  async list(_input: z.output<typeof listUsersInput>): Promise<z.output<typeof listUsersOutput>> { throw new Error("not built yet"); }
  async create(_asker: Asker, _input: z.output<typeof createUserInput>): Promise<User> { throw new Error("not built yet"); }
  async update(_asker: Asker, _input: z.output<typeof updateUserInput>): Promise<User> { throw new Error("not built yet"); }
}
