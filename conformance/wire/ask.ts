/** One HTTP request, by Node's own client: nothing is followed, kept alive, retried or believed that the contract does not say. */
import http from "node:http";
import https from "node:https";
import type { Duplex } from "node:stream";

export interface Tls {
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: readonly string[];
}

export interface Question {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path and query, as they are sent. */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly tls?: Tls;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** Undefined where the text is no JSON. */
  readonly json: unknown;
  /** What was asked, for words about it. */
  readonly where: string;
}

const ANSWER_TIMEOUT_MS = 30_000;
/** Waits for a limiter that says when to come back, rather than taking its refusal for an answer. */
const LIMITED_TRIES = 3;
const LONGEST_RETRY_S = 61;

/** Rejects where no whole answer comes. A 429 that says when to come back is waited for. */
export async function ask(base: URL, question: Question): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    const answer = await askOnce(base, question);
    const seconds = Number(answer.headers["retry-after"]);
    if (answer.status !== 429 || attempt === LIMITED_TRIES || !(seconds > 0 && seconds <= LONGEST_RETRY_S)) return answer;
    await new Promise((resume) => setTimeout(resume, seconds * 1000));
  }
}

function askOnce(base: URL, { method, target, headers, body, tls }: Question): Promise<Answer> {
  const where = `${method} ${target.split("?")[0]}`;
  return new Promise((resolve, reject) => {
    const sent = dial(base, target, tls).request({
      method,
      headers: { ...headers, ...(body ? { "content-type": "application/json", "content-length": body.length } : {}) },
    });
    sent.on("response", (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(parts).toString("utf8");
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: jsonOf(text), where });
      });
    });
    sent.setTimeout(ANSWER_TIMEOUT_MS, () => sent.destroy(new Error(`${where}: no answer within ${ANSWER_TIMEOUT_MS / 1000} s`)));
    sent.on("error", reject);
    sent.end(body);
  });
}

/** What became of a request to upgrade: the bare connection after a 101, else the answer. */
export type Upgraded = { readonly status: 101; readonly socket: Duplex } | ({ readonly socket: null } & Answer);

/** A WebSocket's handshake without a WebSocket behind it, as a tunnel's dial is. */
export function upgrade(base: URL, { target, headers, tls }: Pick<Question, "target" | "headers" | "tls">): Promise<Upgraded> {
  const where = `upgrade of ${target.split("?")[0]}`;
  return new Promise((resolve, reject) => {
    const sent = dial(base, target, tls).request({
      method: "GET",
      headers: {
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": Buffer.from("conformance-key!").toString("base64"),
        ...headers,
      },
    });
    sent.on("upgrade", (_response, socket, head) => {
      socket.setTimeout(0);
      socket.on("error", () => socket.destroy());
      if (head.length > 0) socket.unshift(head);
      resolve({ status: 101, socket });
    });
    sent.on("response", (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () => {
        const text = Buffer.concat(parts).toString("utf8");
        resolve({ socket: null, status: response.statusCode ?? 0, headers: response.headers, text, json: jsonOf(text), where });
      });
      response.on("error", reject);
    });
    sent.setTimeout(ANSWER_TIMEOUT_MS, () => sent.destroy(new Error(`${where}: no answer within ${ANSWER_TIMEOUT_MS / 1000} s`)));
    sent.on("error", reject);
    sent.end();
  });
}

function dial(base: URL, target: string, tls: Tls = {}) {
  const { protocol, hostname, port, pathname } = base;
  const place = {
    hostname: hostname.replace(/^\[|\]$/g, ""),
    port,
    path: `${pathname.replace(/\/$/, "")}${target}`,
    agent: false,
  } as const;
  const { ca, ...shownTls } = tls;
  return {
    request: (options: http.RequestOptions) =>
      protocol === "https:"
        ? https.request({ ...place, ...shownTls, ...(ca ? { ca: [...ca] } : {}), ...options })
        : http.request({ ...place, ...options }),
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
