import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Readable } from "node:stream";

export interface SentBody {
  readonly body: Readable;
  /** Null: nobody knows yet. */
  readonly size: number | null;
}

export interface Exchange {
  readonly method: "GET" | "PUT";
  readonly headers: Readonly<Record<string, string>>;
  readonly sent?: SentBody | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * One request and the head of its answer, whatever that says. By Node's own HTTP and not `fetch`, whose web streams take more of a large
 * body's time than all else on its way. Rejects where nothing answers, and where what is sent turns out to have another size.
 */
export function exchange(address: URL, { method, headers, sent, signal }: Exchange): Promise<IncomingMessage> {
  const request = address.protocol === "https:" ? httpsRequest : httpRequest;
  const length = sent?.size == null ? {} : { "content-length": String(sent.size) };
  return new Promise((resolve, reject) => {
    const asked = request(address, { method, headers: { ...headers, ...length }, ...(signal ? { signal } : {}) });
    asked.on("error", (error) => {
      sent?.body.destroy();
      reject(error);
    });
    asked.on("response", (answer) => {
      resolve(answer);
      if (!sent || sent.body.readableEnded) return;
      // Answered before all of it was sent: what is left is not wanted, and the connection is good for nothing else.
      sent.body.unpipe(asked);
      sent.body.destroy();
      answer.once("close", () => asked.destroy());
    });
    if (!sent) return void asked.end();
    let bytes = 0;
    const changed = () => asked.destroy(new Error("What was sent changed its size while it was read"));
    sent.body.on("error", (error) => asked.destroy(error));
    sent.body.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (sent.size !== null && bytes > sent.size) changed();
    });
    sent.body.on("end", () => (sent.size === null || bytes === sent.size ? asked.end() : changed()));
    sent.body.pipe(asked, { end: false });
  });
}
