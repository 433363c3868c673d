import type { Readable } from "node:stream";
import type { SessionPlace } from "./session-reach";

export interface AgentRequest {
  readonly method: "GET" | "PUT" | "POST" | "PATCH" | "DELETE";
  /** After `/sessions/{id}/`, with its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Readable | Buffer | string | null;
  readonly signal?: AbortSignal;
}

export interface AgentAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** To be read to its end, or destroyed. */
  readonly body: Readable;
}

/** The way to agents' own HTTP API, for what is done inside sessions; the composition root has it. Throws what the agent refuses with. */
export interface AgentRequests {
  request(target: SessionPlace, request: AgentRequest): Promise<AgentAnswer>;
}
