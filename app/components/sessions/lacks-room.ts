import { readFailure } from "../../errors/read-failure";

const forRoom: ReadonlySet<string> = new Set(["AGENT_CAPACITY_EXCEEDED", "NO_AGENTS_AVAILABLE", "AGENT_DRAINING", "AGENT_OFFLINE"]);

/** Whether a session was refused for what may be there later, so that it can wait in line. */
export const lacksRoom = (error: unknown): boolean => forRoom.has(readFailure(error).code);
