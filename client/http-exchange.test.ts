import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { Readable } from "node:stream";
import { buffer, json } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import { exchange } from "./http-exchange";

const MIB = 1024 * 1024;
let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function served(answer: RequestListener): Promise<URL> {
  server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return new URL(`http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/`);
}

function* blocks(count: number): Generator<Buffer> {
  for (let at = 0; at < count; at++) yield Buffer.alloc(MIB, at);
}

describe("a request with a body", () => {
  it("is sent whole, with its size where that is known, and answered", async () => {
    const address = await served(async (request, response) => {
      const { length } = await buffer(request);
      response.end(JSON.stringify({ length, said: request.headers["content-length"] ?? null }));
    });
    for (const size of [3 * MIB, null]) {
      const answer = await exchange(address, { method: "PUT", headers: {}, sent: { body: Readable.from(blocks(3)), size } });
      expect(await json(answer)).toEqual({ length: 3 * MIB, said: size === null ? null : String(size) });
    }
  });

  it("whose parts take turns in the same memory arrives as it was", async () => {
    const address = await served(async (request, response) => {
      const seen: number[] = [];
      let bytes = 0;
      for await (const chunk of request) {
        const data: Buffer = chunk;
        for (const at of [0, data.length - 1]) if (data[at] !== Math.floor((bytes + at) / MIB)) seen.push(bytes + at);
        bytes += data.length;
      }
      response.end(JSON.stringify({ bytes, wrong: seen }));
    });
    const pieces = [Buffer.alloc(MIB), Buffer.alloc(MIB)];
    async function* parts() {
      for (let at = 0; at < 40; at++) yield pieces[at % 2]?.fill(at) ?? Buffer.alloc(0);
    }
    for (const size of [40 * MIB, null]) {
      const answer = await exchange(address, { method: "PUT", headers: {}, sent: { body: parts(), size } });
      expect(await json(answer)).toEqual({ bytes: 40 * MIB, wrong: [] });
    }
  });

  it("that is refused before all of it was sent is told why, and sends no more", async () => {
    const address = await served((_, response) => {
      response.writeHead(403, { connection: "close" }).end(JSON.stringify({ code: "FILE_OUTSIDE" }));
    });
    const body = Readable.from(blocks(10_000));
    const answer = await exchange(address, { method: "PUT", headers: {}, sent: { body, size: 10_000 * MIB } });
    expect([answer.statusCode, await json(answer)]).toEqual([403, { code: "FILE_OUTSIDE" }]);
    expect(body.destroyed).toBe(true);
  });

  it("of fewer bytes than was said fails, and is never taken for whole", async () => {
    const ends: Array<(whole: boolean) => void> = [];
    const address = await served((request) => {
      request.resume();
      request.on("close", () => {
        for (const end of ends) end(request.complete);
      });
      request.on("error", () => undefined);
    });
    const arrived = new Promise<boolean>((resolve) => ends.push(resolve));
    const sent = { body: Readable.from(blocks(2)), size: 3 * MIB };
    await expect(exchange(address, { method: "PUT", headers: {}, sent })).rejects.toThrow("changed its size");
    expect(await arrived).toBe(false);
  });

  it("of more bytes than was said fails", async () => {
    const address = await served((request) => {
      request.resume();
      request.on("error", () => undefined);
    });
    const sent = { body: Readable.from(blocks(4)), size: 3 * MIB };
    await expect(exchange(address, { method: "PUT", headers: {}, sent })).rejects.toThrow("changed its size");
  });
});

describe("an answer", () => {
  it("that breaks off is an error for whoever reads it", async () => {
    const address = await served((_, response) => {
      response.writeHead(200, { "content-length": String(2 * MIB) });
      response.write(Buffer.alloc(MIB), () => response.destroy());
    });
    const answer = await exchange(address, { method: "GET", headers: {} });
    await expect(buffer(answer)).rejects.toThrow("aborted");
  });

  it("is given up with what asked for it", async () => {
    const address = await served((_, response) => void response.writeHead(200).flushHeaders());
    const gone = new AbortController();
    const answer = await exchange(address, { method: "GET", headers: {}, signal: gone.signal });
    gone.abort();
    await expect(buffer(answer)).rejects.toThrow();
  });
});
