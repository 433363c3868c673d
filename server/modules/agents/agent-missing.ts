import { BerthError } from "@berth/protocol/errors";

export const agentMissing = (id: string): BerthError => new BerthError("AGENT_NOT_FOUND", `No agent with ID '${id}' exists`);
export const agentRevoked = (name: string): BerthError =>
  new BerthError("AGENT_REVOKED", `Agent '${name}' was revoked; add its host again to go on there`);
