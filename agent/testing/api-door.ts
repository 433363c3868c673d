import { once } from "node:events";
import { createServer } from "node:net";
import { agentApiPath } from "@berth/protocol/agent-api";
import type { PortTerms } from "@berth/protocol/session-ports";
import { WebSocket } from "ws";
import { AgentApi } from "../http/agent-api";
import type { ApiPart } from "../http/api-routes";
import { createLog } from "../log";

/** The agent's API on a port of 127.0.0.1, each connection a tunnel of one session; `close` ends it. */
export async function openApiDoor(
  parts: readonly ApiPart[],
  sessionId: string,
  terms: PortTerms | null = { ports: true, closed_ports: [] },
) {
  const api = new AgentApi({ parts, log: createLog("silent") });
  const listener = createServer((socket) => api.serve(socket, sessionId, terms ?? undefined));
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const address = listener.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  return {
    port,
    ask: (method: string, path: string, body?: unknown): Promise<Response> =>
      fetch(`http://127.0.0.1:${port}${agentApiPath(sessionId, path)}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    socket: (path: string, protocol: string) => new WebSocket(`ws://127.0.0.1:${port}${agentApiPath(sessionId, path)}`, protocol),
    close() {
      void api.close();
      listener.close();
    },
  };
}
export type ApiDoor = Awaited<ReturnType<typeof openApiDoor>>;
