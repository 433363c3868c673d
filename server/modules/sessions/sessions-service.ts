import { BerthError } from "@berth/protocol/errors";
import type { z } from "zod";
import type { orphanInput } from "../agents/agents-schema";
import type { Actor } from "../users/users-policy";
import type { Asker } from "../users/users-schema";
import type {
  CreateSessionInput, deleteSessionInput, listSessionEventsOutput, listSessionsInput, listSessionsOutput, SessionDetail, sessionCountsOutput, setSessionStateInput,
} from "./sessions-schema";

export const sessionMissing = (id: string): BerthError => new BerthError("SESSION_NOT_FOUND", `No session with ID '${id}' exists`);

export class SessionsService {
  async ownership(_id: string): Promise<{ userId: string }> { throw new Error("not built yet"); }
  async futureOwner(_asker: Asker, _username: string | undefined): Promise<{ userId: string; username: string }> { throw new Error("not built yet"); }
  async create(_asker: Asker, _owner: { userId: string; username: string }, _input: CreateSessionInput): Promise<SessionDetail> { throw new Error("not built yet"); }
  async list(_actor: Actor, _input: z.output<typeof listSessionsInput>): Promise<z.output<typeof listSessionsOutput>> { throw new Error("not built yet"); }
  async counts(_actor: Actor): Promise<z.output<typeof sessionCountsOutput>> { throw new Error("not built yet"); }
  async get(_actor: Actor, _id: string): Promise<SessionDetail> { throw new Error("not built yet"); }
  async events(_id: string): Promise<z.output<typeof listSessionEventsOutput>> { throw new Error("not built yet"); }
  async setState(_asker: Asker, _input: z.output<typeof setSessionStateInput>): Promise<SessionDetail> { throw new Error("not built yet"); }
  async delete(_asker: Asker, _input: z.output<typeof deleteSessionInput>): Promise<void> { throw new Error("not built yet"); }
  async reportFirstFrame(_asker: Asker, _id: string): Promise<void> { throw new Error("not built yet"); }
  async adoptOrphan(_asker: Asker, _input: z.output<typeof orphanInput>): Promise<void> { throw new Error("not built yet"); }
}
