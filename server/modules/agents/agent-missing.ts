import { BerthError } from "@berth/protocol/errors";

export const agentMissing = (id: string): BerthError => new BerthError("AGENT_NOT_FOUND", `No agent with ID '${id}' exists`);
