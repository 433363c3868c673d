import { once } from "node:events";
import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { atRest } from "../../agent/testing/at-rest";
import { OpenSockets } from "../http/open-sockets";
import type { AuditEntry } from "../modules/audit/audit-schema";
import { systemClock } from "../platform/clock";
import { auditExportEndpoint } from "./audit-export-endpoint";

const entry: AuditEntry = {
  id: "1",
  at: new Date(0),
  actorKind: "system",
  actorName: null,
  actorToken: null,
  action: "a.b",
  targetKind: null,
  targetId: null,
  details: { note: "x".repeat(1_000) },
  address: null,
  result: "succeeded",
};
const login = {
  loginId: "l1",
  userId: "11111111-1111-4111-8111-111111111111",
  username: "root",
  role: "admin" as const,
  accessEpoch: 1,
  expiresAt: new Date(0),
  token: null,
  via: "bearer" as const,
};

let batches: number;
let over: boolean;
let broken: boolean;
let thrown: unknown[];
const sockets = new OpenSockets();
const endpoint = auditExportEndpoint({
  audit: {
    /** A log without an end. */
    async *export() {
      try {
        for (;;) {
          batches += 1;
          if (broken && batches > 3) throw new Error("the database went away");
          yield Array.from({ length: 500 }, () => entry);
        }
      } finally {
        over = true;
      }
    },
  },
  callerOf: () => ({ login }),
  sockets,
  clock: systemClock,
});
const server = createServer(async (request, response) => {
  const query = new URLSearchParams({ format: "jsonl" });
  const call = { request, response, query, requestId: "req-1", address: "192.0.2.1", pathname: "", params: {} };
  await Promise.resolve(endpoint(call)).catch((error: unknown) => thrown.push(error));
});

beforeEach(async () => {
  batches = 0;
  over = false;
  broken = false;
  thrown = [];
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, "close");
});

/** An answer of which nothing is read yet. */
async function ask(): Promise<IncomingMessage> {
  const sent = request({ host: "127.0.0.1", port: (server.address() as AddressInfo).port, agent: false });
  sent.end();
  const [response]: IncomingMessage[] = await once(sent, "response");
  if (!response) throw new Error("no answer");
  response.on("error", () => {});
  return response;
}

it("reads no further than is taken, and stops when the reader goes away", async () => {
  const answer = await ask();
  const taken = await atRest(() => batches);
  // Half a megabyte each: what waits are the buffers of two sockets.
  expect(taken).toBeLessThan(30);
  answer.once("data", () => answer.pause());
  expect(await atRest(() => batches)).toBeLessThan(60);
  answer.destroy();
  await vi.waitFor(() => expect(over).toBe(true));
  await vi.waitFor(() => expect(sockets.size).toBe(0));
  expect(thrown).toEqual([]);
});

it("ends with the access that began it", async () => {
  await ask();
  await atRest(() => batches);
  sockets.endAll("signed out");
  await vi.waitFor(() => expect(over).toBe(true));
});

it("is cut off where the log can't be read to its end, so that nobody takes a part for the whole", async () => {
  broken = true;
  const answer = await ask();
  answer.resume();
  await new Promise<void>((resolve) => answer.once("close", resolve));
  expect(answer.complete).toBe(false);
  expect(thrown).toEqual([new Error("the database went away")]);
});
