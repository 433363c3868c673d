import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { agentApiPath } from "@berth/protocol/agent-api";
import { BerthError } from "@berth/protocol/errors";
import fc from "fast-check";
import { Client } from "undici";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createLog } from "../log";
import { AgentApi } from "./agent-api";
import { type ApiPart, matchPath } from "./api-routes";

const ended: string[] = [];
const part: ApiPart = {
  routes: [
    {
      method: "GET",
      path: "words/{name}",
      answer: async ({ params, query }, response) => void response.end(`${params.name} ${query.get("q")}`),
    },
    {
      method: "PUT",
      path: "words/{name}",
      answer: async ({ request }, response) => void response.end(String((await text(request)).length)),
    },
    {
      method: "GET",
      path: "refused",
      answer: async () => {
        throw new BerthError("SESSION_NOT_RUNNING", "Session is frozen, not running");
      },
    },
    {
      method: "GET",
      path: "broken",
      answer: async (_, response) => {
        response.write("half");
        throw new Error("no more");
      },
    },
    {
      method: "GET",
      path: "endless",
      answer: async ({ signal }, response) => {
        response.write("begun");
        await once(signal, "abort");
        ended.push("endless");
      },
    },
  ],
  upgrades: [],
};

let api: AgentApi;
let listener: Server;
const dialled: Socket[] = [];
beforeEach(async () => {
  ended.length = 0;
  api = new AgentApi({ parts: [part], log: createLog("silent") });
  listener = createServer((socket) => api.serve(socket, "session-1"));
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
});
afterEach(() => {
  api.close();
  listener.close();
  for (const socket of dialled.splice(0)) socket.destroy();
});

/** The control plane's end of one tunnel. */
function tunnel(): Client {
  const address = listener.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  return new Client("http://tunnel", {
    connect: (_, callback) => {
      const socket = connect(port, "127.0.0.1", () => callback(null, socket));
      dialled.push(socket);
    },
  });
}
const ask = (client: Client, rest: string, method: "GET" | "PUT" | "DELETE" = "GET", body: string | null = null) =>
  client.request({ path: agentApiPath("session-1", rest), method, body });

describe("the agent's HTTP API", () => {
  it("answers one request after the other on a tunnel, bodies both ways", async () => {
    const client = tunnel();
    expect(await (await ask(client, "words/a%2Fb?q=1")).body.text()).toBe("a/b 1");
    expect(await (await ask(client, "words/x", "PUT", "y".repeat(300_000))).body.text()).toBe("300000");
    expect(dialled).toHaveLength(1);
  });

  it("refuses in the catalogue's words, with its status", async () => {
    const { statusCode, body } = await ask(tunnel(), "refused");
    expect([statusCode, await body.json()]).toEqual([409, { code: "SESSION_NOT_RUNNING", message: "Session is frozen, not running" }]);
  });

  it("serves the session that the tunnel was asked for and no other", async () => {
    for (const path of [agentApiPath("session-2", "words/x"), "/sessions/session-1/../session-2/words/x", "/words/x", "/"]) {
      const { statusCode, body } = await tunnel().request({ path, method: "GET" });
      expect([path, statusCode]).toEqual([path, 404]);
      await body.dump();
    }
  });

  it("names what it does not serve: the path, or the method", async () => {
    expect(await (await ask(tunnel(), "later/thing")).body.json()).toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringContaining("later/thing"),
    });
    expect((await ask(tunnel(), "words/x", "DELETE")).statusCode).toBe(405);
  });

  it("ends an answer that began and can't go on without its end, so that half is never taken for whole", async () => {
    const { body } = await ask(tunnel(), "broken");
    await expect(body.text()).rejects.toThrow();
  });

  it("tells who answers when whoever asked has gone", async () => {
    const { body } = await ask(tunnel(), "endless");
    await once(body, "readable");
    body.destroy();
    body.on("error", () => undefined);
    await expect.poll(() => ended).toEqual(["endless"]);
  });
});

describe("a route's path", () => {
  it("takes any name in one segment, and gives it back as it was", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: "grapheme" }), (name) => {
        expect(matchPath("words/{name}/end", `words/${encodeURIComponent(name)}/end`)).toEqual({ name });
      }),
    );
  });

  it("takes no encoding that is none, and no other number of segments", () => {
    expect(matchPath("words/{name}", "words/%zz")).toBeNull();
    expect(matchPath("words/{name}", "words/a/b")).toBeNull();
    expect(matchPath("words/{name}", "words")).toBeNull();
  });
});
