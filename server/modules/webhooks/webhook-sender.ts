import { lookup } from "node:dns/promises";
import { isIP, type LookupFunction } from "node:net";
import { Agent, buildConnector, errors } from "undici";
import { refusalOf } from "./webhook-address";

const MAX_ANSWER_BYTES = 1024;

export interface Letter {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** An administrator lets it go to private, loopback and link-local addresses. */
  readonly allowPrivate: boolean;
}

export interface Sent {
  /** Answered by 200 to 299. */
  readonly delivered: boolean;
  /** Null: there was no answer. */
  readonly status: number | null;
  /** Its first kilobyte. */
  readonly answer: string | null;
  /** Null where it was delivered. */
  readonly problem: string | null;
  readonly durationMs: number;
}

/** Every address of a name. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;

const resolveByDns: Resolve = async (hostname) => (await lookup(hostname, { all: true })).map(({ address }) => address);

class Refused extends Error {}

/**
 * Posts to addresses that people gave. What a name stands for is asked once, every address of it is checked, and the connection goes to
 * one of those: a name that means another address the next time (rebinding) changes nothing. Redirects are answers, never followed.
 */
export class WebhookSender {
  constructor(private readonly options: { readonly timeoutMs?: number; readonly resolve?: Resolve } = {}) {}

  /** Never throws. Takes up to ten seconds, and ends with `stop`. */
  async send(letter: Letter, stop?: AbortSignal): Promise<Sent> {
    const { timeoutMs = 10_000 } = this.options;
    const began = performance.now();
    const ended = (rest: Omit<Sent, "durationMs">): Sent => ({ ...rest, durationMs: Math.round(performance.now() - began) });
    const agent = new Agent({ connect: this.connector(letter.allowPrivate, timeoutMs), pipelining: 0 });
    try {
      const url = new URL(letter.url);
      const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(stop ? [stop] : [])]);
      const { statusCode: status, body } = await agent.request({
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method: "POST",
        headers: { ...letter.headers, "content-type": "application/json", "user-agent": "Berth-Webhooks/1" },
        body: letter.body,
        signal,
      });
      const answer = await beginning(body);
      const delivered = status >= 200 && status < 300;
      const problem = delivered
        ? null
        : status >= 300 && status < 400
          ? `It redirects (${status}); redirects are not followed`
          : `It answered ${status}`;
      return ended({ delivered, status, answer, problem });
    } catch (error) {
      return ended({ delivered: false, status: null, answer: null, problem: problemOf(error, timeoutMs) });
    } finally {
      await agent.destroy().catch(() => {});
    }
  }

  private connector(allowPrivate: boolean, timeout: number): buildConnector.connector {
    const resolve = this.options.resolve ?? resolveByDns;
    return (options, callback) => {
      const host = options.hostname;
      const found = isIP(host) ? Promise.resolve([host]) : resolve(host);
      found
        .then((addresses) => {
          if (addresses.length === 0) throw new Refused(`'${host}' has no address`);
          for (const address of addresses) {
            const refusal = refusalOf(address, allowPrivate);
            if (refusal) throw new Refused(address === host ? refusal : `'${host}' is ${refusal}`);
          }
          const connect = buildConnector({ lookup: only(addresses), timeout });
          connect(options, (...[error, socket]) => {
            if (error) return callback(error, null);
            const refusal = refusalOf(socket.remoteAddress ?? "", allowPrivate);
            if (refusal === null) return callback(null, socket);
            socket.destroy();
            callback(new Refused(refusal), null);
          });
        })
        .catch((error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), null));
    };
  }
}

/** What Node asks instead of DNS: these and no others. */
const only =
  (addresses: readonly string[]): LookupFunction =>
  (_, options, callback) => {
    const all = addresses.map((address) => ({ address, family: isIP(address) }));
    const first = all[0];
    if (options.all) callback(null, all);
    else if (first) callback(null, first.address, first.family);
  };

/** PostgreSQL keeps no NUL. */
async function beginning(body: AsyncIterable<Buffer>): Promise<string> {
  let read = Buffer.alloc(0);
  for await (const chunk of body) {
    read = Buffer.concat([read, chunk]);
    if (read.length >= MAX_ANSWER_BYTES) break;
  }
  return read.subarray(0, MAX_ANSWER_BYTES).toString("utf8").replaceAll("\0", "\uFFFD");
}

function problemOf(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return "It could not be sent";
  if (error instanceof Refused) return error.message;
  if (error.name === "TimeoutError" || error instanceof errors.ConnectTimeoutError) return `No answer within ${timeoutMs / 1000} s`;
  const code = "code" in error && typeof error.code === "string" ? error.code : null;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "Its name has no address";
  if (code === "ECONNREFUSED") return "Nothing listens there (connection refused)";
  return `The connection failed: ${error.message.replaceAll("\0", "").slice(0, 300) || code || "no reason was given"}`;
}
