import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { ToAgentOf } from "@berth/protocol/agent-messages";
import type { LogFrame, LogHead } from "@berth/protocol/tunnel";
import { agentPortTls } from "../agent-port";
import { AgentDownload } from "../http/agent-download";
import type { Asker } from "../modules/users/users-schema";
import { wireDoors } from "../wire-doors";
import { commonKey, credentialsOf } from "./agent-identity";
import { echoServer } from "./dialing-agent";
import { PASSWORD } from "./factories";
import { type ServiceKit, type ServiceKitOptions, startServiceKit } from "./service-kit";
import { SocketAgent } from "./socket-agent";

export type DoorKit = Awaited<ReturnType<typeof startDoorKit>>;

/** Every service behind every real door, on a port of 127.0.0.1. Pages answer `page` to whatever reaches them. */
export async function startDoorKit(
  options: Omit<ServiceKitOptions, "gateway" | "taskStreams" | "logReader" | "agentApi" | "nodeApi"> & {
    readonly agentPort?: boolean;
  } = {},
) {
  const kit = await startServiceKit({
    ...options,
    gateway: {
      isConnected: (agentId) => doors.agents.isConnected(agentId),
      send: (agentId, message) => doors.agents.send(agentId, message),
      disconnect: (agentId, reason) => doors.agents.disconnect(agentId, reason),
    },
    taskStreams: {
      openCount: () => doors.taskStreams.openCount(),
      isOpen: (agentId) => doors.taskStreams.isOpen(agentId),
      send: (agentId, message) => doors.taskStreams.send(agentId, message),
    },
    agentApi: { request: (target, call) => doors.agentApi.request(target, call) },
    nodeApi: { request: (target, asked) => doors.nodeApi.request(target, asked) },
    logReader: { open: (grant, signal) => doors.logTunnels.open(grant, signal) },
  });
  const doors = wireDoors({
    config: kit.config,
    cookieName: "berth-session",
    version: "test",
    clock: kit.clock,
    ids: kit.ids,
    log: kit.log,
    bus: kit.bus,
    metrics: kit.metrics,
    pool: kit.pool,
    modules: kit,
    download: new AgentDownload("/nothing-was-built", () => kit.config.publicUrl),
    agentTls: options.agentPort ? await agentPortTls(kit.authority, kit.config) : null,
    ready: async () => true,
    pages: () => async (_, response) => void response.end("page"),
  });
  await doors.listener.listen(0, "127.0.0.1");
  await doors.agentListener?.listen(0, "127.0.0.1");
  const { port } = doors.listener.server.address() as AddressInfo;
  const display = echoServer();
  const app = echoServer(undefined, (_, response) => void response.end("the app"));
  return {
    ...kit,
    doors,
    port,
    /** Of the listener that asks for certificates; null where there is none. */
    agentPort: (doors.agentListener?.server.address() as AddressInfo | undefined)?.port ?? null,
    origin: `http://127.0.0.1:${port}`,
    /** An agent that is enrolled and on the channel; its displays echo, its apps say "the app". */
    async connectAgent(
      name: string,
      log: (tunnel: Duplex, request: ToAgentOf<"logs_request">) => void = sayLog,
      api?: (tunnel: Duplex, sessionId: string) => void,
    ): Promise<SocketAgent & { readonly id: string }> {
      const enrolled = await enrol(kit, name);
      const agent = await SocketAgent.connect({
        name,
        credentials: enrolled.credentials,
        port: () => port,
        serve: (socket, message) => {
          if (message.type === "logs_request") return log(socket, message);
          if (message.type === "api_request" && api) return api(socket, message.session_id);
          (message.type === "tunnel_request" ? app : display).emit("connection", socket);
        },
      });
      return Object.assign(agent, { id: enrolled.agentId });
    },
    /** An agent's UUID and credentials, for a program that connects by itself. */
    enrolAgent: (name: string) => enrol(kit, name),
    /** A JWT of this person's, of a login of its own. */
    async tokenOf(asker: Asker): Promise<string> {
      return (await kit.services.auth.signInForToken({ username: asker.username, password: PASSWORD, address: "192.0.2.1" })).token;
    },
    async close() {
      await doors.close("the test is over");
      await kit.close();
    },
  };
}

/** A log of one line; one that is followed goes on without another. */
function sayLog(socket: Duplex, { follow }: ToAgentOf<"logs_request">): void {
  const say = (frame: LogHead | LogFrame) => socket.write(`${JSON.stringify(frame)}\n`);
  socket.resume();
  say({ ok: true });
  say({ at: "2026-11-22T10:45:15.123Z", text: "[INFO] it runs" });
  if (follow) return;
  say({ end: true });
  socket.end();
}

async function enrol(kit: ServiceKit, name: string) {
  const token = await kit.services.registrationTokens.createForThisMachine(name);
  const { key, csr } = await commonKey();
  const request = { name, version: "1", capabilities: [], labels: {}, platform: "docker" as const, csr };
  const reply = await kit.services.registrationTokens.register({ token, address: "192.0.2.9", inPlain: false, request });
  return { agentId: reply.agentId, reply, key, credentials: credentialsOf(reply, key, kit.clock) };
}
