import type { IncomingMessage } from "node:http";
import { displayPath } from "@berth/protocol/tunnel";
import type { WebSocket } from "ws";
import { z } from "zod";
import type { ViewerGrant } from "../tunnel/viewer-upgrade";

/** What a viewer of `sessionId` on `agentId` is granted; what becomes of it is written into `events`. */
export const displayGrant = (sessionId: string, agentId: string, events: string[]): ViewerGrant => ({
  agentId,
  agentName: "host-1",
  login: { userId: "u", loginId: "l", accessEpoch: 1 },
  upgradePath: displayPath(sessionId, "control"),
  enter: () => () => {},
  ready: async () => {},
  request: (tunnel) => ({
    type: "vnc_proxy_request",
    session_id: sessionId,
    proxy_id: tunnel.id,
    data: { pod_name: "p", namespace: "berth", vnc_port: 5900, tunnel_secret: tunnel.secret, mode: "control" },
  }),
  opened: () => events.push("opened"),
  closed: ({ toViewer, fromViewer }) => events.push(`closed ${toViewer > 0} ${fromViewer > 0}`),
  failed: (error) => events.push(`failed ${error.code}`),
});

/** The answer that refused a WebSocket. */
export async function refusal(socket: WebSocket) {
  const [, response]: [unknown, IncomingMessage] = await new Promise((resolve) =>
    socket.once("unexpected-response", (request, answer) => resolve([request, answer])),
  );
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(Buffer.from(chunk));
  const body = z.record(z.string(), z.unknown()).parse(JSON.parse(Buffer.concat(chunks).toString()));
  return { status: response.statusCode, headers: response.headers, body };
}
