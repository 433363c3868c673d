import { completeReplySchema, completeRequestSchema, pollReplySchema } from "@berth/protocol/agent-tasks";
import type { HttpHandler } from "../http/calls";
import type { IdentityService } from "../modules/identity/identity-service";
import type { TaskHandOut } from "../modules/tasks/task-hand-out-service";
import type { TasksInbox } from "../modules/tasks/tasks-inbox";
import { type AgentCount, answerAgent, askAgent } from "./agent-endpoints";

export interface AgentTaskEndpointOptions {
  readonly identity: Pick<IdentityService, "authenticateAs">;
  readonly handOut: Pick<TaskHandOut, "answer" | "toEnd">;
  readonly tasksInbox: Pick<TasksInbox, "completed">;
  readonly count: AgentCount;
}

/** `GET /api/v1/agents/{id}/tasks`: what waits for this agent, which is its own from now on. */
export const agentTasksEndpoint =
  ({ identity, handOut, count }: AgentTaskEndpointOptions): HttpHandler =>
  async (call) => {
    const { agentRef, shown } = await askAgent(call, count, "GET");
    const { agentId } = await identity.authenticateAs(agentRef, shown);
    const tasks = await handOut.answer(agentId, "poll");
    answerAgent(call.response, pollReplySchema.parse({ tasks, ...(await handOut.toEnd(agentId)) }));
  };

/** `POST /api/v1/agents/{id}/tasks/{taskId}/complete`: what became of a task, from an agent that has no channel. */
export const agentTaskCompleteEndpoint =
  ({ identity, handOut, tasksInbox, count }: AgentTaskEndpointOptions): HttpHandler =>
  async (call) => {
    const { agentRef, shown, readBodyAs } = await askAgent(call, count, "POST");
    const { agentId } = await identity.authenticateAs(agentRef, shown);
    await tasksInbox.completed(agentId, call.params.taskId ?? "", readBodyAs(completeRequestSchema));
    answerAgent(call.response, completeReplySchema.parse({ acknowledged: true, ...(await handOut.toEnd(agentId)) }));
  };
