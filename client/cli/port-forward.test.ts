import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createBerthClient } from "../berth-client";
import { startBerth } from "../testing/start-berth";
import { portPair } from "./port-commands";
import { runCli } from "./run-cli";

let berth: Awaited<ReturnType<typeof startBerth>>;
let user: Awaited<ReturnType<typeof berth.person>>;
let admin: Awaited<ReturnType<typeof berth.person>>;
const configDir = mkdtempSync(join(tmpdir(), "berth-cli-"));
const ids: Record<string, string> = {};
const servers: Server[] = [];
/** What listens in which session, by "id port": a port of this machine. */
const inside = new Map<string, number>();

beforeAll(async () => {
  berth = await startBerth({ ports: (sessionId, port) => inside.get(`${sessionId} ${port}`) ?? null });
  user = await berth.person();
  admin = await berth.person("admin");
  const client = createBerthClient({ url: berth.url, token: user.token });
  for (const name of ["one", "two"]) {
    const { id } = await client.api.sessions.create.mutate({ template: "terminal-desktop", name });
    await client.sessions.waitFor(id, { phase: "Running" });
    ids[name] = id;
  }
  await client.close();
});
afterAll(async () => {
  for (const server of servers) server.close();
  await berth.close();
  rmSync(configDir, { recursive: true, force: true });
});

async function listenIn(session: string, port: number, serve: (socket: Socket) => void): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => socket.destroy());
    serve(socket);
  });
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  inside.set(`${ids[session]} ${port}`, (server.address() as AddressInfo).port);
  return server;
}

/** The command until `end`; `ports` are those that it listens on here, in the order of what was asked for. */
async function forward(args: string[], token = user.token) {
  const interrupt = new AbortController();
  const said: string[] = [];
  const problems: string[] = [];
  const done = runCli(["port-forward", ...args], {
    env: { BERTH_URL: berth.url, BERTH_TOKEN: token },
    configDir,
    out: (line) => void said.push(line),
    err: (line) => void problems.push(line),
    terminal: null,
    streams: { stdin: Readable.from([]), stdout: new PassThrough(), stderr: new PassThrough(), terminal: null },
    ask: async () => "",
    openBrowser: async () => undefined,
    signal: interrupt.signal,
  });
  const wished = args.filter((arg) => /^[\d:]+$/.test(arg)).length;
  await Promise.race([done, expect.poll(() => said.length).toBe(wished)]);
  return {
    ports: said.map((line) => Number(/:(\d+) ->/.exec(line)?.[1])),
    said,
    problems,
    end: () => {
      interrupt.abort();
      return done;
    },
    done,
  };
}
const gone = (socket: Socket): Promise<void> =>
  new Promise((resolve) => void socket.on("error", () => undefined).once("close", () => resolve()));
async function talk(port: number, what: string): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.end(what);
  return text(socket);
}

describe("berth port-forward", () => {
  it("passes two ports of two sessions on, and mixes none of them", async () => {
    for (const session of ["one", "two"])
      for (const port of [5432, 6379])
        await listenIn(session, port, (socket) => {
          let heard = "";
          socket.on("data", (chunk: Buffer) => (heard += chunk.toString()));
          socket.on("end", () => socket.end(`${session} ${port} heard ${heard}`));
        });
    const one = await forward(["one", "0:5432", "0:6379"]);
    const two = await forward(["two", "0:5432", "0:6379"]);
    expect(one.said[0]).toMatch(/^Forwarding from 127\.0\.0\.1:\d+ -> 5432$/);
    const asked = [...one.ports, ...two.ports].map((port, at) => talk(port, `hello ${at}`));
    expect(await Promise.all(asked)).toEqual([
      "one 5432 heard hello 0",
      "one 6379 heard hello 1",
      "two 5432 heard hello 2",
      "two 6379 heard hello 3",
    ]);
    expect([await one.end(), await two.end()]).toEqual([130, 130]);
    expect([...one.problems, ...two.problems]).toEqual([]);
  });

  it("brings ten megabytes both ways byte for byte, at the pace of whoever reads, and gathers none of it meanwhile", async () => {
    const bytes = 10 * 1024 * 1024;
    const [out, back] = [randomBytes(bytes), randomBytes(bytes)];
    let heard: Promise<Buffer> = Promise.resolve(Buffer.alloc(0));
    let written = 0;
    await listenIn("one", 7000, (socket) => {
      const chunks: Buffer[] = [];
      heard = new Promise((resolve) => {
        socket.on("data", (chunk: Buffer) => void chunks.push(chunk)).once("end", () => resolve(Buffer.concat(chunks)));
      });
      const say = (): void => {
        while (written < bytes) {
          const piece = back.subarray(written, written + 64 * 1024);
          written += piece.length;
          if (!socket.write(piece)) return void socket.once("drain", say);
        }
        socket.end();
      };
      say();
    });
    const { ports, end, problems } = await forward(["one", "0:7000"]);
    const socket = connect(ports[0] ?? 0, "127.0.0.1");
    socket.write(out);
    // Nobody reads yet: what the port may send stops at the windows and sockets on the way, far from the whole.
    let before = -1;
    await expect
      .poll(
        () => {
          const still = written === before && written > 0;
          before = written;
          return still;
        },
        { interval: 300 },
      )
      .toBe(true);
    expect(written).toBeLessThan(bytes);
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => void chunks.push(chunk));
    await once(socket, "end");
    socket.end();
    expect(Buffer.concat(chunks).equals(back)).toBe(true);
    expect((await heard).equals(out)).toBe(true);
    expect(problems).toEqual([]);
    await end();
  });

  it("says for each connection why it could not be made, and makes the next", async () => {
    const { ports, problems, end } = await forward(["one", "0:7001"]);
    const [port = 0] = ports;
    const refused = connect(port, "127.0.0.1");
    await gone(refused);
    expect(problems.join("\n")).toMatch(/port 7001: Port 7001 of the session can't be reached: nothing listens there/);
    await listenIn("one", 7001, (socket) => void socket.resume().end("there now"));
    expect(await talk(port, "")).toBe("there now");
    await end();
  });

  it("asks an administrator why, for a ticket at each connection, and is nobody else's", async () => {
    await listenIn("one", 7002, (socket) => void socket.resume().end("for both"));
    const id = ids.one ?? "";
    const unsaid = await forward([id, "0:7002"], admin.token);
    const refused = connect(unsaid.ports[0] ?? 0, "127.0.0.1");
    await gone(refused);
    expect(unsaid.problems.join()).toMatch(/asks for a reason/);
    await unsaid.end();
    const said = await forward(["--reason", "they asked for help", id, "0:7002"], admin.token);
    expect([await talk(said.ports[0] ?? 0, ""), await talk(said.ports[0] ?? 0, "")]).toEqual(["for both", "for both"]);
    await said.end();
    const stranger = await berth.person();
    const none = await forward([id, "0:7002"], stranger.token);
    expect([await none.done, none.problems.join()]).toEqual([1, expect.stringContaining("SESSION_NOT_FOUND")]);
  });

  it("is a matter of usage where a port is none, and says which", async () => {
    expect(portPair("15432:5432")).toEqual({ localPort: 15_432, port: 5432 });
    expect(portPair("80")).toEqual({ localPort: 80, port: 80 });
    for (const text of ["", "0", "65536", "1:2:3", "a:1", "99999:1", "-1"]) expect(() => portPair(text)).toThrow(/is no port/);
    const { done, problems } = await forward(["one", "5432:x"]);
    expect([await done, problems.join()]).toEqual([2, expect.stringContaining("'5432:x' is no port")]);
  });
});

describe("berth ports", () => {
  it("lists who listens inside, with the program", async () => {
    const said: string[] = [];
    const code = await runCli(["ports", "one"], {
      env: { BERTH_URL: berth.url, BERTH_TOKEN: user.token },
      configDir,
      out: (line) => void said.push(line),
      err: (line) => void said.push(line),
      terminal: null,
      streams: { stdin: Readable.from([]), stdout: new PassThrough(), stderr: new PassThrough(), terminal: null },
      ask: async () => "",
      openBrowser: async () => undefined,
      signal: new AbortController().signal,
    });
    // The sessions of this test are on this machine: so is who listens.
    const port = inside.get(`${ids.one} 5432`);
    expect(code).toBe(0);
    expect(said.join("\n")).toMatch(new RegExp(`^PORT +KIND[^]*\\n${port} +http[^\\n]*loopback +\\S+`));
  });
});
