import { once } from "node:events";
import { createServer } from "node:https";
import { type AddressInfo, connect as connectPlain } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { makeAuthority, makeServerCertificate } from "../modules/identity/certificate-making";
import { serial } from "../testing/identity-kit";
import { TestClock } from "../testing/test-clock";
import { shakeHandsInOrder } from "./handshakes";

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** A server that shakes hands with one at a time. */
async function listening() {
  const clock = new TestClock(new Date());
  const times = { serial: serial(), now: clock.now() };
  const { issuing } = await makeAuthority({ name: "test", now: clock.now(), serials: [serial(), serial()] });
  const { certificate, key } = await makeServerCertificate(issuing, ["localhost"], times);
  const server = createServer({ cert: certificate, key }, (_request, response) => response.end("welcome"));
  shakeHandsInOrder(server, clock, { atOnce: 1 });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ends.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  const dial = (): TLSSocket => {
    const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false });
    socket.on("error", () => {});
    ends.push(() => socket.destroy());
    return socket;
  };
  /** Connects and says nothing: the one place is taken. */
  const stall = async () => {
    const came = once(server, "connection");
    const socket = connectPlain(port, "127.0.0.1");
    socket.on("error", () => {});
    ends.push(() => socket.destroy());
    await came;
    return socket;
  };
  const arrived = async (dialling: () => TLSSocket) => {
    const came = once(server, "connection");
    const socket = dialling();
    await came;
    return socket;
  };
  return { clock, dial, stall, arrived };
}

async function answered(socket: TLSSocket): Promise<string> {
  if (!socket.encrypted || socket.getProtocol() === null) await once(socket, "secureConnect");
  socket.write("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  let text = "";
  for await (const part of socket) text += String(part);
  return text;
}

describe("handshakes in order", () => {
  it("serve everybody, whoever came while others were at it included", async () => {
    const { dial } = await listening();
    const all = await Promise.all(Array.from({ length: 20 }, () => answered(dial())));
    expect(all.filter((text) => text.endsWith("welcome"))).toHaveLength(20);
  });

  it("wait for one that says nothing no longer than a second", async () => {
    const { clock, dial, stall, arrived } = await listening();
    await stall();
    const socket = await arrived(dial);
    let secure = false;
    socket.on("secureConnect", () => {
      secure = true;
    });
    await clock.advance(999);
    expect(secure).toBe(false);
    const shaken = once(socket, "secureConnect");
    await clock.advance(1);
    await shaken;
    expect(await answered(socket)).toContain("welcome");
  });

  it("go on when one leaves in the middle", async () => {
    const { dial, stall, arrived } = await listening();
    const stalled = await stall();
    const socket = await arrived(dial);
    stalled.destroy();
    await once(socket, "secureConnect");
  });

  it("are not begun with who has given up by now", async () => {
    const { clock, dial, stall, arrived } = await listening();
    await stall();
    const socket = await arrived(dial);
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    clock.sleep(5_001);
    await clock.advance(1_000);
    await closed;
    expect(socket.getProtocol()).toBeNull();
  });
});
