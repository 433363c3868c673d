import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { connect, type Server } from "node:net";
import { text } from "node:stream/consumers";
import { BerthError } from "@berth/protocol/errors";
import { afterEach, describe, expect, it } from "vitest";
import { TestClock } from "../testing/test-clock";
import { AgentApi } from "./agent-api";
import type { TunnelTarget } from "./tunnel-broker";

const opened: Array<() => Promise<void>> = [];
afterEach(async () => {
  for (const end of opened.splice(0)) await end();
});

/** An agent that answers as a test says; `asked` has the message of each tunnel. */
async function agent(play: RequestListener | Server) {
  const server = typeof play === "function" ? createServer(play) : play;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  const asked: unknown[] = [];
  const broker = {
    open: async (target: TunnelTarget, request: (tunnel: { id: string; secret: string }) => unknown) => {
      if (target.agentId === "offline") throw new BerthError("AGENT_OFFLINE", "Agent 'host-1' is offline");
      asked.push(request({ id: "t", secret: "s" }));
      const socket = connect(port, "127.0.0.1");
      await once(socket, "connect");
      return socket;
    },
  };
  const api = new AgentApi(broker, new TestClock());
  opened.push(async () => {
    await api.close();
    server.close();
  });
  return { api, asked };
}
const target = (sessionId = "one", agentId = "a") => ({ agentId, agentName: "host-1", sessionId });
const code = (promise: Promise<unknown>) =>
  promise.then(
    () => "no error",
    (error: unknown) => (error instanceof BerthError ? error.code : String(error)),
  );

describe("the agents' HTTP API at the control plane", () => {
  it("asks for a tunnel that names the session, and uses it again for that session alone", async () => {
    const { api, asked } = await agent((request, response) => response.end(request.url));
    for (const session of ["one", "one", "two"]) {
      const { body } = await api.request(target(session), { method: "GET", path: "files?path=%2F" });
      expect(await text(body)).toBe(`/sessions/${session}/files?path=%2F`);
      // A connection is free a turn after its answer was read.
      await new Promise(setImmediate);
    }
    expect(asked).toMatchObject([
      { type: "api_request", session_id: "one" },
      { type: "api_request", session_id: "two" },
    ]);
  });

  it("throws what the agent refuses with", async () => {
    const { api } = await agent((_, response) =>
      response.writeHead(409).end(JSON.stringify({ code: "SESSION_NOT_RUNNING", message: "frozen" })),
    );
    await expect(api.request(target(), { method: "GET", path: "x" })).rejects.toMatchObject({
      code: "SESSION_NOT_RUNNING",
      message: "frozen",
    });
  });

  it("takes no word of an agent that is none of the catalogue, or has no end", async () => {
    const words = [JSON.stringify({ code: "ROOT_GRANTED", message: "x" }), "<html>", "x".repeat(1_000_000), ""];
    for (const word of words) {
      const { api } = await agent((_, response) => response.writeHead(500).end(word));
      expect(await code(api.request(target(), { method: "GET", path: "x" }))).toBe("TUNNEL_FAILED");
    }
  });

  it("says that the agent is offline, and that it hung up", async () => {
    const { api } = await agent((request) => request.socket.destroy());
    expect(await code(api.request(target("one", "offline"), { method: "GET", path: "x" }))).toBe("AGENT_OFFLINE");
    expect(await code(api.request(target(), { method: "GET", path: "x" }))).toBe("TUNNEL_FAILED");
  });

  it("errs in the middle of a body that breaks off, instead of ending it", async () => {
    const { api } = await agent((request, response) => {
      response.writeHead(200, { "content-length": "100" }).write("half");
      setImmediate(() => request.socket.destroy());
    });
    const { body } = await api.request(target(), { method: "GET", path: "x" });
    await expect(body.toArray()).rejects.toThrow();
  });
});
