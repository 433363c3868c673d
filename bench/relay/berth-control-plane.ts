/** The control plane's own channel and tunnel, behind a listener and an access that lets everyone in: no database, no Next. */
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Duplex } from "node:stream";
import { displayPath } from "@berth/protocol/tunnel";
import { z } from "zod";
import { AgentSockets } from "../../server/channel/agent-sockets";
import type { ChannelHandler } from "../../server/channel/channel-handler";
import { systemClock } from "../../server/platform/clock";
import { systemIds } from "../../server/platform/ids";
import { createLog } from "../../server/platform/log";
import { TunnelBroker } from "../../server/tunnel/tunnel-broker";
import { type ViewerAccess, ViewerUpgrade } from "../../server/tunnel/viewer-upgrade";
import { type Certificate, certificateSchema, readCertificate } from "../measure/certificate";
import { answerCalls } from "../measure/child";
import { BENCH_AGENT, BENCH_SESSION } from "./berth-names";

const log = createLog("warn");
const identity = { agentId: BENCH_AGENT.id, name: BENCH_AGENT.name };
let agentRegistered = (): void => {};
const registered = new Promise<void>((resolve) => {
  agentRegistered = resolve;
});

const handler: ChannelHandler = {
  authenticate: async () => identity,
  registered: async () => {
    agentRegistered();
    return { heartbeatIntervalSeconds: 10 };
  },
  received: async () => {},
  disconnected: async () => {},
};

const access: ViewerAccess = {
  authorize: async ({ sessionId }) => ({
    agentId: identity.agentId,
    agentName: identity.name,
    login: { userId: "bench", loginId: "bench", accessEpoch: 0 },
    request: ({ id, secret }) => ({
      type: "vnc_proxy_request",
      session_id: sessionId,
      proxy_id: id,
      data: { pod_name: "bench", namespace: "bench", vnc_port: 5900, tunnel_secret: secret, mode: "control" },
    }),
    upgradePath: displayPath(sessionId, "control"),
    enter: () => () => {},
    ready: async () => {},
    opened: () => {},
    closed: () => {},
    failed: (error) => log.error({ err: error }, "viewer failed"),
  }),
};

const parts = { clock: systemClock, ids: systemIds, log };
const agents = new AgentSockets({ handler, ...parts });
const broker = new TunnelBroker({
  send: (agentId, message) => agents.send(agentId, message),
  authenticate: handler.authenticate,
  ...parts,
});
const viewers = new ViewerUpgrade({ access, broker, sockets: { add: () => () => {} }, clock: systemClock });

async function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
  const url = new URL(request.url ?? "/", "http://bench");
  const [, first, second, third] = url.pathname.split("/");
  if (first === "agent" && second === "ws") return agents.upgrade(request, socket, head);
  if (first === "agent" && second === "tunnel") return broker.dialBack(request, socket, head, third ?? "");
  if (first === "vnc-viewer")
    return viewers.open({ request, socket, head, sessionId: second ?? "", query: url.searchParams, address: "127.0.0.1" });
  throw new Error(`no such path: ${url.pathname}`);
}

async function listen(certificate: Certificate | null): Promise<number> {
  const server = certificate ? createTlsServer(readCertificate(certificate)) : createServer();
  server.on("upgrade", (request, socket, head) => {
    upgrade(request, socket, head).catch((error: unknown) => {
      log.error({ err: error }, "upgrade failed");
      socket.destroy();
    });
  });
  server.listen({ port: 0, host: "127.0.0.1", backlog: 1024 });
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || !address) throw new Error("not listening on a port");
  return address.port;
}

answerCalls({
  listen: (input) => listen(z.object({ certificate: certificateSchema.nullable() }).parse(input).certificate),
  /** Answers once the agent has registered. */
  viewerPath: async () => {
    await registered;
    return `/vnc-viewer/${BENCH_SESSION}?ticket=bench`;
  },
});
