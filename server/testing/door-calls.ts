import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { z } from "zod";

export interface Answer {
  readonly status: number;
  /** The catalogue's code, where the answer is an error: of REST, of tRPC, or of the first event of a stream. */
  readonly code: string | null;
  readonly text: string;
  readonly headers: IncomingHttpHeaders;
}

export interface DoorCall {
  readonly method: string;
  readonly path: string;
  readonly headers?: Record<string, string>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is. */
  readonly raw?: string | Buffer | undefined;
}

/** Of the routes inside sessions. */
const plainError = z.object({ error: z.string().regex(/^[a-z_]+$/), message: z.string() });
const restError = z.object({ code: z.string(), message: z.string() });
const trpcError = z.object({ error: z.object({ data: z.object({ berthCode: z.string().nullable(), httpStatus: z.number() }) }) });
const streamError = z.object({ data: z.object({ berthCode: z.string().nullable(), httpStatus: z.number() }) });

/** One HTTP request to a control plane on 127.0.0.1. Of an event stream, what its first event says. */
export function askDoor(port: number, { method, path, headers = {}, body, raw }: DoorCall): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const text = body === undefined || raw !== undefined ? undefined : JSON.stringify(body);
    const type = text === undefined ? {} : { "content-type": "application/json", "content-length": String(Buffer.byteLength(text)) };
    const sent = httpRequest({ host: "127.0.0.1", port, path, method, agent: false, headers: { ...type, ...headers } }, (response) => {
      const streams = response.headers["content-type"]?.startsWith("text/event-stream");
      let answer = "";
      const finish = () => {
        resolve({ ...read(response.statusCode ?? 0, answer), headers: response.headers });
        response.destroy();
      };
      response.setEncoding("utf8").on("data", (part: string) => {
        answer += part;
        // `connected` says only that the stream is there.
        if (streams && /\n\n/.test(answer.replace(/event: connected\n.*?\n\n/s, ""))) finish();
      });
      response.on("end", finish);
      response.on("error", reject);
    });
    sent.on("error", reject);
    sent.end(raw ?? text);
  });
}

/** A WebSocket's opening, closed again at once: 101, or the answer that refused it. */
export function knock(port: number, { path, headers }: { path: string; headers: Record<string, string> }): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const upgrade = {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    };
    const sent = httpRequest({ host: "127.0.0.1", port, path, agent: false, headers: { ...upgrade, ...headers } });
    sent.on("upgrade", (response, socket) => {
      socket.destroy();
      resolve({ status: response.statusCode ?? 0, code: null, text: "", headers: response.headers });
    });
    sent.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      response.on("end", () => resolve({ ...read(response.statusCode ?? 0, text), headers: response.headers }));
    });
    sent.on("error", reject);
    sent.end();
  });
}

function read(status: number, text: string): Omit<Answer, "headers"> {
  const event = /event: serialized-error\ndata: (.*)/.exec(text)?.[1];
  const value = parsed(event ?? text);
  const stream = event === undefined ? null : streamError.safeParse(value).data?.data;
  if (stream) return { status: stream.httpStatus, code: stream.berthCode, text };
  const trpc = trpcError.safeParse(value).data?.error.data;
  return {
    status,
    code: trpc ? trpc.berthCode : (restError.safeParse(value).data?.code ?? plainError.safeParse(value).data?.error.toUpperCase() ?? null),
    text,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** What a path of a session is asked with: what is inside wants to know why from administrators, and a log that is followed has no end. */
export function queryFor(path: string): string {
  if (path.endsWith("/logs/stream")) return "?follow=false";
  return path.includes("/sessions/") || path.startsWith("/v1/") ? "?reason=help" : "";
}
