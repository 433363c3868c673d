import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer, type TLSSocket } from "node:tls";
import { afterEach, expect, it } from "vitest";
import { makeAuthority, makeServerCertificate } from "../modules/identity/certificate-making";
import { serial } from "../testing/identity-kit";
import { splice } from "./splice";

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** Connections over TLS to one server, each as what dialled and what was accepted. */
async function tlsPairs(count: number) {
  const now = new Date();
  const { issuing } = await makeAuthority({ name: "test", now, serials: [serial(), serial()] });
  const { certificate, key } = await makeServerCertificate(issuing, ["localhost"], { serial: serial(), now });
  const server = createServer({ cert: certificate, key }).listen(0, "127.0.0.1");
  await once(server, "listening");
  ends.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  const pairs: { dialled: TLSSocket; accepted: TLSSocket }[] = [];
  for (let made = 0; made < count; made += 1) {
    const came = new Promise<TLSSocket>((resolve) => server.once("secureConnection", resolve));
    const dialled = connect({ port, host: "127.0.0.1", rejectUnauthorized: false });
    const accepted = await came;
    ends.push(() => dialled.destroy());
    pairs.push({ dialled, accepted });
  }
  return pairs;
}

const hashOf = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

/** The hash of what comes, once it is so much. */
function receive(socket: TLSSocket, bytes: number): Promise<string> {
  const parts: Buffer[] = [];
  let left = bytes;
  return new Promise((resolve) => {
    socket.on("data", (part: Buffer) => {
      parts.push(part);
      left -= part.length;
      if (left === 0) resolve(hashOf(Buffer.concat(parts)));
    });
  });
}

it("joins two TLS connections byte for byte, both ways at once, and ends in order with the last byte through", async () => {
  const [viewer, agent] = await tlsPairs(2);
  if (!viewer || !agent) throw new Error("no pairs");
  const joined = splice(viewer.accepted, agent.accepted);
  const sent = { left: randomBytes(3_000_001), right: randomBytes(20_000_003) };
  const arrived = Promise.all([receive(viewer.dialled, sent.right.length), receive(agent.dialled, sent.left.length)]);
  viewer.dialled.write(sent.left);
  agent.dialled.write(sent.right);
  expect(await arrived).toEqual([hashOf(sent.right), hashOf(sent.left)]);
  viewer.dialled.end("bye");
  agent.dialled.resume();
  expect(await joined.ended).toEqual({ fromLeft: sent.left.length + 3, fromRight: sent.right.length });
});

it("cuts the other side where one is cut", async () => {
  const [viewer, agent] = await tlsPairs(2);
  if (!viewer || !agent) throw new Error("no pairs");
  const joined = splice(viewer.accepted, agent.accepted);
  const closed = once(viewer.dialled, "close");
  viewer.dialled.resume();
  agent.dialled.destroy();
  await closed;
  await joined.ended;
});
