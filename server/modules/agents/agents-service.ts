import { BerthError } from "@berth/protocol/errors";
import type { z } from "zod";
import type { Asker } from "../users/users-schema";
import type { Agent, AgentDetail, agentStatsOutput, listAgentsInput, listAgentsOutput, orphanInput, removeAgentInput, setAgentStatusInput } from "./agents-schema";

export const agentMissing = (id: string): BerthError => new BerthError("AGENT_NOT_FOUND", `No agent with ID '${id}' exists`);

export class AgentsService {
  async list(_input: z.output<typeof listAgentsInput>): Promise<z.output<typeof listAgentsOutput>> { throw new Error("not built yet"); }
  async stats(): Promise<z.output<typeof agentStatsOutput>> { throw new Error("not built yet"); }
  async get(_ref: string): Promise<AgentDetail> { throw new Error("not built yet"); }
  async setStatus(_asker: Asker, _input: z.output<typeof setAgentStatusInput>): Promise<Agent> { throw new Error("not built yet"); }
  async remove(_asker: Asker, _input: z.output<typeof removeAgentInput>): Promise<void> { throw new Error("not built yet"); }
  async removeOrphan(_asker: Asker, _input: z.output<typeof orphanInput>): Promise<void> { throw new Error("not built yet"); }
}
