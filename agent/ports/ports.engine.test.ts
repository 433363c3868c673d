import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { Agent, get } from "node:http";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { systemClock } from "../clock";
import type { DockerDriver } from "../drivers/docker/docker-driver";
import { operation } from "../drivers/driver-contract";
import { EngineFixture, WEB_IMAGE } from "../testing/engine-fixture";
import { startData } from "../testing/start-data";
import { openSessionPort } from "./open-port";
import { readListeners } from "./read-listeners";

let fixture: EngineFixture;
let driver: DockerDriver;
const sessionId = randomUUID();
/** On loopback alone. */
const ECHO = 5432;

beforeAll(async () => {
  fixture = new EngineFixture();
  driver = await fixture.driver();
  const display = { protocol: "http" as const, port: WEB_IMAGE.port, unix_socket: false, path: "/" };
  await driver.start({ sessionId, spec: startData({ image: WEB_IMAGE.image, display }) }, operation());
  const echo = `require("net").createServer({allowHalfOpen:true},s=>s.pipe(s)).listen(${ECHO},"127.0.0.1",()=>console.log("up"))`;
  const exec = await driver.exec({ sessionId, argv: ["node", "-e", echo], terminal: null });
  exec.stderr?.resume();
  await once(exec.stdout, "data");
  exec.stdout.resume();
});
afterAll(() => fixture.end());

const open = (port: number) => openSessionPort(driver, systemClock, sessionId, port);

describe("ports of a real container", () => {
  it("are found with their programs, and with how they are reached", async () => {
    const found = await readListeners(driver, sessionId);
    expect(found).toContainEqual({ port: WEB_IMAGE.port, reach: "network", process: "node" });
    expect(found).toContainEqual({ port: ECHO, reach: "loopback", process: "node" });
  });

  it("carry HTTP and WebSockets", async () => {
    const stream = await open(WEB_IMAGE.port);
    const agent = new Agent();
    Object.assign(agent, { createConnection: () => stream });
    const [response] = await once(get({ host: "session", path: "/", agent }), "response");
    expect(await text(response)).toContain("<html");
    stream.destroy();

    const tunnel = await open(WEB_IMAGE.port);
    const origin = `http://session:${WEB_IMAGE.port}`;
    const socket = new WebSocket(`ws://session:${WEB_IMAGE.port}/sync`, { origin, createConnection: () => tunnel });
    const [first] = await once(socket, "message");
    expect(JSON.parse(String(first))).toBeTypeOf("object");
    socket.terminate();
  });

  it("that listen on loopback alone are reached too, byte for byte, to the end", async () => {
    const sent = Buffer.alloc(3_000_000, "0123456789");
    const stream = await open(ECHO);
    const back = text(stream);
    stream.end(sent);
    expect((await back) === sent.toString()).toBe(true);
  });

  it("where nobody listens are refused in words", async () => {
    await expect(open(9999)).rejects.toMatchObject({ code: "PORT_UNREACHABLE", message: expect.stringContaining("nothing listens there") });
  });
});
