/** What a session prints as server-sent events, or as a file: a line at a time, no faster than it is taken. */
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { BerthError } from "@berth/protocol/errors";
import type { PlacedLine } from "../modules/sessions/logs/log-places";
import { type FollowedLog, lineText } from "../modules/sessions/logs/logs-service";
import { streamLogsInput } from "../modules/sessions/sessions-schema";
import type { Asker } from "../modules/users/users-schema";
import type { Clock } from "../platform/clock";
import { toBerthError, validationError } from "../platform/errors";
import type { HttpCall, HttpHandler } from "./calls";
import { type CountedLoginOptions, countedLogin } from "./counted-login";
import type { OpenSockets } from "./open-sockets";

/** So that proxies and whoever reads know that it lives. */
const KEEP_ALIVE_MS = 20_000;
const DEFAULT_TAIL = 100;

export interface LogStreamOptions extends CountedLoginOptions {
  /** Asks the policy. */
  follow(
    asker: Asker,
    input: FollowedLog,
    signal: AbortSignal,
  ): Promise<{ readonly name: string; readonly lines: AsyncIterable<PlacedLine>; close(): void }>;
  /** It ends with the access that began it. */
  readonly sockets: OpenSockets;
  readonly clock: Clock;
}

/** An event's id is its line's place: `Last-Event-ID` goes on after it. The event `end` is the last, `failed` says why none came. */
export function logStreamEndpoint(options: LogStreamOptions): HttpHandler {
  return async (call) => {
    const { request, response, address, params, pathname } = call;
    const login = await countedLogin(options, call);
    if (request.method !== "GET") {
      response.setHeader("Allow", "GET");
      throw new BerthError("METHOD_NOT_ALLOWED", `${request.method} is not served here; GET is`);
    }
    const { format, timestamps, tail, follow, ...which } = readQuery(call.query);
    const file = format === "text";
    const over = new AbortController();
    response.once("close", () => over.abort());
    const id = params.id ?? "";
    const log = await options.follow(
      { ...login, address },
      {
        ...which,
        id,
        tail: tail ?? (file || which.since !== undefined ? undefined : DEFAULT_TAIL),
        follow: follow ?? !file,
        after: file ? null : lastEventId(call),
        refusesStrangers: pathname.startsWith("/v1/"),
      },
      over.signal,
    );
    const forget = options.sockets.add(login, () => response.destroy());
    over.signal.addEventListener("abort", () => log.close(), { once: true });
    try {
      if (over.signal.aborted) return;
      if (file) await sendFile(response, log, timestamps);
      else await sendEvents(response, log.lines, options.clock);
    } finally {
      forget();
      log.close();
    }
  };
}

function readQuery(query: URLSearchParams) {
  const flags: Readonly<Record<string, boolean>> = { true: true, false: false };
  const sent = Object.fromEntries(
    [...query].map(([name, text]) => {
      if (name === "tail") return [name, /^\d{1,9}$/.test(text) ? Number(text) : text];
      return [name, name === "follow" || name === "timestamps" ? (flags[text] ?? text) : text];
    }),
  );
  const parsed = streamLogsInput.safeParse(sent);
  if (!parsed.success) throw validationError(parsed.error);
  return parsed.data;
}

function lastEventId({ request }: HttpCall): string | null {
  const sent = request.headers["last-event-id"];
  return typeof sent === "string" && sent !== "" ? sent : null;
}

async function sendEvents(response: ServerResponse, lines: AsyncIterable<PlacedLine>, clock: Clock): Promise<void> {
  response.writeHead(200, { "Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store", "X-Accel-Buffering": "no" });
  response.flushHeaders();
  const beat = clock.every(KEEP_ALIVE_MS, () => void response.write(":\n\n"));
  try {
    for await (const { place, at, stream = null, text } of lines)
      await write(response, `${place === null ? "" : `id: ${place}\n`}data: ${JSON.stringify({ at, stream, text })}\n\n`);
    response.end("event: end\ndata: {}\n\n");
  } catch (error) {
    const { code, message } = toBerthError(error);
    response.end(`event: failed\ndata: ${JSON.stringify({ code, message })}\n\n`);
  } finally {
    beat.cancel();
  }
}

async function sendFile(
  response: ServerResponse,
  { name, lines }: { readonly name: string; readonly lines: AsyncIterable<PlacedLine> },
  timestamps: boolean,
): Promise<void> {
  const file = `${name.replace(/[^A-Za-z0-9._-]+/g, "-")}.log`;
  response.writeHead(200, {
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Disposition": `attachment; filename="${file}"`,
    "Content-Security-Policy": "sandbox",
    "Cache-Control": "no-store",
  });
  try {
    for await (const line of lines) await write(response, `${lineText(line, timestamps)}\n`);
    response.end();
  } catch {
    // A file that ends early must not look whole.
    response.destroy();
  }
}

/** The next line is read when this one has gone out. */
async function write(response: ServerResponse, text: string): Promise<void> {
  if (response.destroyed || response.write(text)) return;
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  await once(response, "drain", { signal: gone.signal }).catch(() => {});
}
