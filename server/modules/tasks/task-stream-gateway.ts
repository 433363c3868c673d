import type { TaskStreamToAgent } from "@berth/protocol/agent-tasks";

/** The way to agents whose task stream is open at this process. Implemented by the channel. */
export interface TaskStreamGateway {
  openCount(): number;
  isOpen(agentId: string): boolean;
  /** False: none is open here, and the message was not sent. */
  send(agentId: string, message: TaskStreamToAgent): boolean;
}
