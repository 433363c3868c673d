import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";

export interface SentBody {
  /** A part's memory may be used again once the next but one is asked for. */
  readonly body: AsyncIterable<Uint8Array>;
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
    asked.on("error", reject);
    asked.on("response", (answer) => {
      resolve(answer);
      // Answered before all of it was sent: what is left is not wanted, and the connection is good for nothing else.
      if (!asked.writableEnded) answer.once("close", () => asked.destroy());
    });
    if (!sent) return void asked.end();
    send(asked, sent).catch((error: Error) => asked.destroy(error));
  });
}

/** One part is on its way while the next is read. Resolves early where nobody wants the rest. */
async function send(asked: ClientRequest, { body, size }: SentBody): Promise<void> {
  let [over, bytes, writing] = [false, 0, Promise.resolve()];
  let wake = (): void => {};
  const stop = (): void => {
    over = true;
    wake();
  };
  asked.once("response", stop).once("close", stop);
  const changed = () => new Error("What was sent changed its size while it was read");
  for await (const part of body) {
    bytes += part.length;
    if (size !== null && bytes > size) throw changed();
    await writing;
    if (over) return;
    writing = new Promise((written) => {
      wake = written;
      asked.write(part, () => written());
    });
  }
  if (size !== null && bytes !== size) throw changed();
  if (!over) asked.end();
}
