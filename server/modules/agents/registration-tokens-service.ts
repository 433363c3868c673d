import type { RegistrationReply, registrationRequestSchema } from "@berth/protocol/agent-registration";
import type { z } from "zod";
import type { Asker } from "../users/users-schema";
import type { createdRegistrationTokenSchema, createRegistrationTokenInput, listRegistrationTokensOutput } from "./agents-schema";

export class RegistrationTokensService {
  async list(): Promise<z.output<typeof listRegistrationTokensOutput>> { throw new Error("not built yet"); }
  async create(_asker: Asker, _input: z.output<typeof createRegistrationTokenInput>): Promise<z.output<typeof createdRegistrationTokenSchema>> { throw new Error("not built yet"); }
  async revoke(_asker: Asker, _id: string): Promise<void> { throw new Error("not built yet"); }
  async register(_input: { token: string | null; address: string; request: z.output<typeof registrationRequestSchema> }): Promise<RegistrationReply> { throw new Error("not built yet"); }
}
