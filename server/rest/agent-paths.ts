import { heartbeatReplySchema, heartbeatRequestSchema } from "@berth/protocol/agent-heartbeat";
import { certificateReplySchema, certificateRequestSchema } from "@berth/protocol/agent-registration";
import { completeReplySchema, completeRequestSchema, pollReplySchema } from "@berth/protocol/agent-tasks";
import type { z } from "zod";

/** What agents ask for themselves: served beside the procedures, by an agent's credential instead of a person's. */
export interface AgentPath {
  /** After `/api/v1`. */
  readonly path: string;
  readonly method: "get" | "post";
  readonly operationId: string;
  readonly summary: string;
  /** Of its body; null takes none. */
  readonly body: z.core.$ZodType | null;
  readonly answer: z.core.$ZodType;
  /** Beside what any agent's request may be refused with. */
  readonly refusals?: readonly number[];
}

export const agentPaths: readonly AgentPath[] = [
  {
    path: "/agents/{id}/heartbeat",
    method: "post",
    operationId: "agent.heartbeat",
    summary: "Say how the agent does; get the tasks that wait, and a renewed certificate where it is time",
    body: heartbeatRequestSchema,
    answer: heartbeatReplySchema,
  },
  {
    path: "/agents/{id}/certificate",
    method: "post",
    operationId: "agent.certificate",
    summary: "Fetch the agent's first certificate, or a renewed one",
    body: certificateRequestSchema,
    answer: certificateReplySchema,
  },
  {
    path: "/agents/{id}/tasks",
    method: "get",
    operationId: "agent.tasks",
    summary: "Take the tasks that wait for the agent",
    body: null,
    answer: pollReplySchema,
  },
  {
    path: "/agents/{id}/tasks/{taskId}/complete",
    method: "post",
    operationId: "agent.completeTask",
    summary: "Tell what became of a task that was taken by heartbeat, poll or stream",
    body: completeRequestSchema,
    answer: completeReplySchema,
  },
];
