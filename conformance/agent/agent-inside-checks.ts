/** What agents do inside sessions beyond the contract's minimum: each is asked only of an agent that says that it can. */
import { randomUUID } from "node:crypto";
import { request } from "node:http";
import type { Duplex } from "node:stream";
import type { Check } from "../check";
import { Difference, NotServed } from "../check";
import {
  failedResultShape,
  imagePulledShape,
  listenersAnswerShape,
  sessionHealthShape,
  snapshotMadeShape,
  watchLineShape,
} from "../contract/shapes";
import { expectEqual, expectShape, expectThat } from "../expectations";
import type { AgentWorld } from "./agent-world";

const section = "agent-inside";
const where = "channel, from the agent";
const named = { name: "conformance-session", namespace: "conformance" };

/** Throws `NotServed` for an agent without this capability. */
async function demand(world: AgentWorld, capability: string) {
  const { plane, channel } = await world.channel();
  const capabilities = channel.heard[0]?.capabilities;
  if (!Array.isArray(capabilities) || !capabilities.includes(capability)) throw new NotServed(`no capability '${capability}'`, capability);
  return { plane, channel };
}

async function apiTunnel(world: AgentWorld, sessionId: string, policy?: Record<string, unknown>): Promise<Duplex> {
  const { plane, channel } = await world.channel();
  return plane.tunnel(channel, (id, secret) => ({
    type: "api_request",
    tunnel_id: id,
    tunnel_secret: secret,
    session_id: sessionId,
    ...(policy ? { policy } : {}),
  }));
}

/** The answer's status and, up to its first line's end or its own, its text. An upgrade that is taken has status 101. */
function firstOf(tunnel: Duplex, path: string, headers: Record<string, string> = {}): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Difference("an answer within 15 s", "none", `GET ${path} on the tunnel`)), 15_000);
    const settle = (status: number, text: string): void => {
      clearTimeout(late);
      tunnel.destroy();
      resolve({ status, text });
    };
    const asking = request({ path, headers, createConnection: () => tunnel });
    asking.on("error", () => settle(0, ""));
    asking.on("upgrade", () => settle(101, ""));
    asking.on("response", (response) => {
      let text = "";
      response.on("data", (part: Buffer) => {
        text += part.toString("utf8");
        if (text.includes("\n")) settle(response.statusCode ?? 0, text.slice(0, text.indexOf("\n")));
      });
      response.on("close", () => settle(response.statusCode ?? 0, text));
    });
    asking.end();
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const upgradeHeaders = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "Y29uZm9ybWFuY2Uta2l0IQ==",
  "sec-websocket-protocol": "berth-port",
};

export const agentInsideChecks: readonly Check<AgentWorld>[] = [
  {
    id: "channel-80",
    section,
    says: "session_health: a session that is started with probes is asked, and what it answers is told in session_health",
    async run(world) {
      const { channel } = await demand(world, "session_health");
      const sessionId = randomUUID();
      const from = channel.heard.length;
      const health = {
        probes: [{ type: "process" }],
        interval_seconds: 5,
        timeout_seconds: 5,
        failure_threshold: 1,
        start_period_seconds: 0,
      };
      await world.command("start_session", world.startData({ health }), { sessionId });
      const told = await channel.next("session_health", (message) => JSON.stringify(message).includes(sessionId), from);
      const { sessions } = expectShape(sessionHealthShape, told, `${where}: session_health`);
      const one = sessions.find(({ session_id }) => session_id === sessionId);
      expectEqual([one?.generation, one?.health], [1, "healthy"], `${where}: session_health, generation and health`);
      expectThat((one?.probes.length ?? 0) === 1, "one answer for one probe", one?.probes, `${where}: session_health.probes`);
      await world.command("stop_session", { ...named, generation: 1, graceful: false, timeout: "0s", remove_home: null }, { sessionId });
    },
  },
  {
    id: "channel-81",
    section,
    says: "session_versions: pull_image fetches an image while the session goes on, and answers with its id",
    async run(world) {
      await demand(world, "session_versions");
      const { sessionId } = await world.session();
      const asked = (image: string) => world.command("pull_image", { ...named, generation: 1, image }, { sessionId });
      expectShape(imagePulledShape, (await asked(world.options.image)).message, `${where}: command_result of pull_image`);
    },
  },
  {
    id: "channel-82",
    section,
    says: "kept_logs: what a session printed is there after its end, and the inventory names it until logs_forget",
    async run(world) {
      const { channel } = await demand(world, "kept_logs");
      const sessionId = randomUUID();
      await world.command("start_session", world.startData(), { sessionId });
      await world.command("stop_session", { ...named, generation: 1, graceful: true, timeout: "5s", remove_home: null }, { sessionId });
      const kept = async (): Promise<boolean> => {
        const from = channel.heard.length;
        channel.say({ type: "inventory_request" });
        const { kept_logs: sessions } = await channel.next("inventory", undefined, from);
        return Array.isArray(sessions) && sessions.includes(sessionId);
      };
      expectThat(await kept(), `${sessionId} in kept_logs`, "it is not there", `${where}: inventory, after stop_session`);
      channel.say({ type: "logs_forget", session_id: sessionId });
      for (let tries = 0; tries < 20; tries++) if (!(await kept())) return;
      throw new Difference("no kept log after logs_forget", "it is still there", `${where}: inventory`);
    },
  },
  {
    id: "channel-83",
    section,
    says: "snapshots: create_snapshot copies the home and says its size, delete_snapshot of what isn't there is done",
    async run(world) {
      await demand(world, "snapshots");
      const sessionId = randomUUID();
      const volume = `berth-home-${randomUUID()}`;
      const snapshot = randomUUID();
      await world.command("start_session", world.startData({ home: { volume, path: "/home/user" } }), { sessionId });
      const data = { snapshot, session_id: sessionId, volume, image: world.options.image, filesystem: false, freeze: true };
      const made = await world.command("create_snapshot", data, { sessionId });
      expectShape(snapshotMadeShape, made.message, `${where}: command_result of create_snapshot`);
      for (const _ of [1, 2]) {
        const gone = await world.command("delete_snapshot", { snapshot }, {});
        expectEqual(gone.status, "completed", `${where}: command_result of delete_snapshot`);
      }
      await world.command("stop_session", { ...named, generation: 1, graceful: false, timeout: "0s", remove_home: volume }, { sessionId });
      const lost = await world.command("create_snapshot", { ...data, snapshot: randomUUID(), volume: "/etc" }, { sessionId });
      expectShape(failedResultShape, lost.message, `${where}: command_result of create_snapshot of what is no home's volume`);
    },
  },
  {
    id: "channel-84",
    section,
    says: "ports: who listens is told by GET ports; a connection needs a policy that opens that port",
    async run(world) {
      await demand(world, "ports");
      const { sessionId } = await world.session();
      const at = `/sessions/${sessionId}/ports`;
      const open = { ports: true, closed_ports: [9] };
      const list = await firstOf(await apiTunnel(world, sessionId), at);
      if (list.status === 200) expectShape(listenersAnswerShape, jsonOf(list.text), `GET ${at}`);
      else expectThat(list.text.includes("SESSION_LACKS_PROGRAM"), "listeners, or SESSION_LACKS_PROGRAM", list.text, `GET ${at}`);
      for (const policy of [undefined, { ports: false, closed_ports: [] }, open]) {
        const refused = await firstOf(await apiTunnel(world, sessionId, policy), `${at}/9`, upgradeHeaders);
        expectThat(refused.status >= 400 && refused.text.includes("PORTS_OFF"), "a refusal with PORTS_OFF", refused, `upgrade of ${at}/9`);
      }
    },
  },
  {
    id: "channel-85",
    section,
    says: "watch: GET watch answers with a line of JSON without changes first, and refuses without folders that may be looked at",
    async run(world) {
      await demand(world, "watch");
      const { sessionId } = await world.session();
      const at = `/sessions/${sessionId}/watch`;
      const access = Buffer.from(JSON.stringify({ writable: ["/tmp"], readable: [] })).toString("base64url");
      const first = await firstOf(await apiTunnel(world, sessionId), at, { "x-file-access": access });
      if (first.status === 200) {
        const { changes } = expectShape(watchLineShape, jsonOf(first.text), `GET ${at}, first line`);
        expectEqual(changes, [], `GET ${at}, the first line's changes`);
      } else expectThat(first.text.includes("SESSION_LACKS_PROGRAM"), "a line, or SESSION_LACKS_PROGRAM", first.text, `GET ${at}`);
      const none = await firstOf(await apiTunnel(world, sessionId), at);
      expectThat(none.status >= 400, "a refusal", none.status, `GET ${at} without x-file-access`);
    },
  },
];
