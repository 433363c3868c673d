import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer as createTcpServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { systemClock } from "../platform/clock";
import { systemIds } from "../platform/ids";
import { createLog } from "../platform/log";
import { DialingAgent, joinToPort } from "../testing/dialing-agent";
import { AppProxy } from "../tunnel/app-proxy";
import { TunnelBroker } from "../tunnel/tunnel-broker";
import { ViewerUpgrade } from "../tunnel/viewer-upgrade";
import type { HttpHandler, UpgradeHandler } from "./calls";
import { Listener } from "./listener";
import { OpenSockets } from "./open-sockets";

// Threat 21: a proxy in front that keeps its connections sends the next user's request on the one that a refused upgrade came by.

const session = "770e8400-e29b-41d4-a716-446655440002";
const login = { userId: "u", loginId: "l", accessEpoch: 1 };
let listener: Listener;
let nginx: ChildProcess;
let folder: string;
let port: number;
let own: number;
/** Everything that a hostile peer was sent. */
let peerSaw: string;
let hostile: Server;
let agent: DialingAgent;
let serve: (socket: Duplex) => void;
let apps: AppProxy;

beforeEach(async () => {
  peerSaw = "";
  hostile = createTcpServer(answerHostile).listen(0, "127.0.0.1");
  await once(hostile, "listening");
  const target = (hostile.address() as AddressInfo).port;
  serve = (socket) => void joinToPort(socket, target);
  agent = new DialingAgent({ port: () => own, credentials: "one", serve: (socket) => serve(socket) });
  const broker = new TunnelBroker({
    clock: systemClock,
    ids: systemIds,
    log: createLog("silent"),
    send: (_, message) => {
      agent.receive(message);
      return true;
    },
    authenticate: async () => ({ agentId: "a", name: "host-1" }),
  });
  const sockets = new OpenSockets();
  const grant = { agentId: "a", agentName: "host-1", login };
  const viewer = new ViewerUpgrade({
    broker,
    sockets,
    clock: systemClock,
    access: {
      authorize: async () => ({
        ...grant,
        upgradePath: "/display",
        enter: () => () => {},
        ready: async () => {},
        request: (key) => ({
          type: "vnc_proxy_request",
          session_id: session,
          proxy_id: key.id,
          data: { pod_name: "p", namespace: "n", vnc_port: 1, tunnel_secret: key.secret, mode: "view" },
        }),
        opened: () => {},
        closed: () => {},
        failed: () => {},
      }),
    },
  });
  apps = new AppProxy({
    broker,
    sockets,
    clock: systemClock,
    log: createLog("silent"),
    appsDomain: "apps.localhost",
    publicUrl: new URL("http://localhost:3000"),
    access: {
      enter: async () => ({ cookie: "c", maxAgeSeconds: 1 }),
      authorize: async () => ({
        ...grant,
        port: 8080,
        enter: () => () => {},
        request: (key) => ({
          type: "tunnel_request",
          tunnel_id: key.id,
          tunnel_secret: key.secret,
          purpose: "port",
          session_id: session,
          port: 8080,
        }),
      }),
    },
  });
  const http: HttpHandler = ({ request, response }) => {
    response.end(`control plane for ${request.headers.cookie ?? "nobody"}`);
  };
  const none: UpgradeHandler = ({ socket }) => void socket.destroy();
  listener = new Listener({
    admitRest: () => {},
    tls: null,
    trusted: () => false,
    origin: { publicOrigin: "http://localhost:3000", cookieName: "berth-session" },
    security: { publicUrl: new URL("http://localhost:3000"), production: true, formTargets: [] },
    http: {
      healthz: http,
      metrics: http,
      auditExport: http,
      trpc: http,
      openApi: http,
      containersOpenApi: http,
      sessionLogStream: http,
      containerLogStream: http,
      socketIo: http,
      sessionFiles: http,
      sessionFile: http,
      sessionArchive: http,
      sessionUpload: http,
      rest: http,
      containers: http,
      templateIcon: http,
      sessionThumbnail: http,
      agentBundle: http,
      agentBundleHash: http,
      agentAuthority: http,
      agentCertificate: http,
      agentHeartbeat: http,
      agentTasks: http,
      agentTaskComplete: http,
      nodeReady: http,
      nodeHeartbeat: http,
      agentInstaller: http,
    },
    upgrades: {
      live: none,
      socketIoSocket: none,
      sessionLogs: none,
      terminal: none,
      exec: none,
      port: none,
      agentChannel: none,
      agentTaskStream: none,
      agentTunnel: ({ request, socket, head, params }) => broker.dialBack(request, socket, head, params.id ?? ""),
      viewer: (call) => viewer.open({ ...call, sessionId: call.params.id ?? "" }),
    },
    apps,
    next: () => null,
    clock: systemClock,
    ids: systemIds,
    log: createLog("silent"),
  });
  await listener.listen(0, "127.0.0.1");
  own = (listener.server.address() as AddressInfo).port;
  await startNginx();
});
afterEach(async () => {
  nginx.kill("SIGTERM");
  if (nginx.exitCode === null) await once(nginx, "exit");
  await apps.close();
  await listener.close(0);
  hostile.close();
  await rm(folder, { recursive: true, force: true });
});

/** Answers an upgrade with 200, and whatever comes next with a page of its own. */
function answerHostile(socket: Duplex) {
  socket.on("error", () => {});
  socket.on("data", (data: Buffer) => {
    peerSaw += data.toString("latin1");
    socket.write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged");
  });
}

async function startNginx() {
  folder = await mkdtemp(join(tmpdir(), "berth-nginx-"));
  const free = createTcpServer().listen(0, "127.0.0.1");
  await once(free, "listening");
  port = (free.address() as AddressInfo).port;
  free.close();
  await once(free, "close");
  await writeFile(
    join(folder, "nginx.conf"),
    `daemon off; master_process off; pid ${folder}/pid; error_log stderr crit; events {}
     http { access_log off; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
       map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
       upstream berth { server 127.0.0.1:${own}; keepalive 1; }
       server { listen 127.0.0.1:${port}; location / { proxy_pass http://berth; proxy_http_version 1.1; proxy_set_header Host $http_host; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade; } } }`,
  );
  nginx = spawn("nginx", ["-p", folder, "-c", join(folder, "nginx.conf")], { stdio: "ignore" });
  await once(nginx, "spawn").catch((error: unknown) => {
    throw new Error("nginx is not on the PATH; `npm test` brings it", { cause: error });
  });
  await vi.waitFor(
    () =>
      new Promise<void>((resolve, reject) => {
        const probe = connect(port, "127.0.0.1", () => resolve(void probe.destroy()));
        probe.on("error", reject);
      }),
  );
}

/** The next user's request, by the same proxy. */
async function nextUser() {
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/me`, { headers: { cookie: "berth-session=next-user" } });
  return answer.text();
}

describe("behind nginx that keeps its connections", () => {
  it.each([
    ["a display", () => new WebSocket(`ws://127.0.0.1:${port}/vnc-viewer/${session}?ticket=t`)],
    [
      "an app",
      () =>
        new WebSocket(`ws://127.0.0.1:${port}/socket`, {
          headers: { host: `s-${session}.apps.localhost:${port}`, origin: `http://s-${session}.apps.localhost:${port}` },
        }),
    ],
  ])("the next user's request never reaches a peer that answered the upgrade of %s with 200", async (_, dial) => {
    for (let round = 0; round < 5; round += 1) {
      const [, response] = await once(dial(), "unexpected-response");
      expect(response.statusCode).toBe(502);
      response.resume();
      expect(await nextUser()).toBe("control plane for berth-session=next-user");
    }
    expect(peerSaw).toContain("Upgrade: websocket");
    expect(peerSaw).not.toContain("next-user");
  });

  it("a display is spliced byte for byte", async () => {
    const inner = (await import("../testing/dialing-agent")).echoServer();
    serve = (socket) => void inner.emit("connection", socket);
    const socket = new WebSocket(`ws://127.0.0.1:${port}/vnc-viewer/${session}?ticket=t`);
    await once(socket, "open");
    const sent = Buffer.alloc(3_000_000, 7);
    socket.send(sent);
    expect(sent.equals((await once(socket, "message"))[0])).toBe(true);
    socket.close();
    await once(socket, "close");
  });
});
