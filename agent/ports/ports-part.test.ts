import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { listenersSchema, PORT_PROTOCOL } from "@berth/protocol/session-ports";
import { WINDOW_BYTES } from "@berth/protocol/terminal";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../clock";
import type { ExecRequest } from "../drivers/driver";
import { operation } from "../drivers/driver-contract";
import { MemoryDriver } from "../drivers/memory/memory-driver";
import { type ApiDoor, openApiDoor } from "../testing/api-door";
import { startData } from "../testing/start-data";
import { openSessionPort } from "./open-port";
import { Ports } from "./ports-part";

const sessionId = randomUUID();
let home: string;
let driver: MemoryDriver;
let door: ApiDoor;
const servers: Server[] = [];

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "berth-ports-"));
  // Nothing is reached by an address: all listen on loopback alone, of this machine.
  driver = new MemoryDriver({ programsIn: home, ports: () => null });
  await driver.start({ sessionId, spec: startData() }, operation());
  door = await openApiDoor([new Ports({ driver, clock: systemClock, onInput: () => undefined })], sessionId);
});
afterAll(async () => {
  door.close();
  for (const server of servers) server.close();
  await driver.close();
  await rm(home, { recursive: true, force: true });
});

async function listen(serve: (socket: Socket) => void): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => socket.destroy());
    serve(socket);
  });
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** As the driver, of an image that has these programs alone. */
async function imageWith(...programs: string[]) {
  const bin = join(home, `bin-${programs.join("-") || "none"}`);
  await mkdir(bin, { recursive: true });
  for (const program of [...programs, "sh", "grep", "cat"]) await symlink(await pathOf(program), join(bin, program)).catch(() => undefined);
  return {
    openPort: (id: string, port: number) => driver.openPort(id, port),
    exec: (request: ExecRequest) => driver.exec({ ...request, env: { ...request.env, PATH: bin } }),
  };
}
async function pathOf(program: string): Promise<string> {
  const exec = await driver.exec({ sessionId, argv: ["sh", "-c", `PATH=/usr/bin:/bin:$PATH; command -v ${program}`], terminal: null });
  return (await text(exec.stdout)).trim();
}
const openIn = async (image: Awaited<ReturnType<typeof imageWith>>, port: number): Promise<Duplex> =>
  openSessionPort(image, systemClock, sessionId, port);

describe("a port that listens on loopback alone", () => {
  it.each(["python3", "perl", "node", "bash"])("is reached from inside by %s, byte for byte, both ways at once", async (program) => {
    const sent = randomBytes(1_500_000);
    const port = await listen((socket) => void socket.pipe(socket));
    const stream = await openIn(await imageWith(program), port);
    let back = Buffer.alloc(0);
    stream.on("data", (chunk: Buffer) => {
      back = Buffer.concat([back, chunk]);
    });
    stream.write(sent);
    await expect.poll(() => back.length).toBe(sent.length);
    expect(back.equals(sent)).toBe(true);
    stream.destroy();
  });

  it.each(["python3", "perl", "node"])("hears the end of what is sent, and still answers, by %s", async (program) => {
    const port = await listen((socket) => {
      let all = "";
      socket.on("data", (chunk: Buffer) => (all += chunk.toString()));
      socket.on("end", () => socket.end(`heard ${all}`));
    });
    const stream = await openIn(await imageWith(program), port);
    stream.end("all of it");
    expect(await text(stream)).toBe("heard all of it");
  });

  it("is told apart from one where nobody listens, and from an image that has nothing to reach it with", async () => {
    const port = await listen((socket) => void socket.end("there"));
    await expect(openIn(await imageWith(), port)).rejects.toThrow(/127\.0\.0\.1 alone.*0\.0\.0\.0/);
    servers.at(-1)?.close();
    await expect(openIn(await imageWith("python3"), port)).rejects.toThrow(/nothing listens there/);
  });

  it("ends with whoever used it, and so does the program that reached it", async () => {
    const gone = new Promise<void>((resolve) => {
      void listen((socket) => void socket.resume().once("end", resolve)).then(async (port) => {
        const stream = await openIn(await imageWith("python3"), port);
        stream.destroy();
      });
    });
    await gone;
  });
});

describe("the agent's API of ports", () => {
  it("tells who listens", async () => {
    const port = await listen((socket) => void socket.end());
    const { listeners } = listenersSchema.parse(await (await door.ask("GET", "ports")).json());
    expect(listeners).toContainEqual({ port, reach: "loopback", process: expect.stringMatching(/node|MainThread|vitest/) });
  });

  it("sends no more than was taken, and goes on when it was", async () => {
    const all = randomBytes(3 * WINDOW_BYTES);
    const port = await listen((socket) => void socket.end(all));
    const socket = door.socket(`ports/${port}`, PORT_PROTOCOL);
    const chunks: Buffer[] = [];
    let bytes = 0;
    socket.on("message", (data: Buffer, isBinary) => {
      if (!isBinary) return void (String(data).includes('"end"') && socket.close(1000));
      chunks.push(data);
      bytes += data.length;
    });
    const closed = once(socket, "close");
    await expect.poll(() => bytes).toBeGreaterThanOrEqual(WINDOW_BYTES);
    await once(socket.ping() ?? socket, "pong");
    const held = bytes;
    expect(held).toBeLessThan(2 * WINDOW_BYTES);
    socket.on("message", () => socket.readyState === socket.OPEN && socket.send(JSON.stringify({ type: "taken", bytes })));
    socket.send(JSON.stringify({ type: "taken", bytes }));
    expect((await closed)[0]).toBe(1000);
    expect(Buffer.concat(chunks).equals(all)).toBe(true);
  });

  it("refuses what is no port, and one that can't be reached, before the upgrade", async () => {
    const refusedBy = async (path: string) => {
      const socket = door.socket(path, PORT_PROTOCOL);
      socket.on("error", () => undefined);
      const [, response] = await once(socket, "unexpected-response");
      return JSON.parse((await buffer(response)).toString()).code;
    };
    expect(await refusedBy("ports/0")).toBe("INVALID_PARAMETER");
    expect(await refusedBy("ports/65536")).toBe("INVALID_PARAMETER");
    expect(await refusedBy("ports/1")).toBe("PORT_UNREACHABLE");
  });

  it("connects to no port by a tunnel that was not asked for with a policy that opens it, whoever listens there", async () => {
    const port = await listen((socket) => void socket.end("there"));
    const parts = [new Ports({ driver, clock: systemClock, onInput: () => undefined })];
    for (const terms of [null, { ports: false, closed_ports: [] }, { ports: true, closed_ports: [port] }]) {
      const other = await openApiDoor(parts, sessionId, terms);
      const socket = other.socket(`ports/${port}`, PORT_PROTOCOL);
      socket.on("error", () => undefined);
      const [, response] = await once(socket, "unexpected-response");
      expect(JSON.parse((await buffer(response)).toString()).code).toBe("PORTS_OFF");
      other.close();
    }
  });
});
