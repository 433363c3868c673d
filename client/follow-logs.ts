import type { IncomingMessage } from "node:http";
import { createWebSocketStream, WebSocket } from "ws";
import { webSocketUrl } from "./live-socket";
import { fromRest, NoAnswerError, RequestError } from "./request-error";

export interface FollowLogs {
  /** Lines of what was printed before; 0 to 5000, default 100. */
  readonly tail?: number | undefined;
  /** Default true: each line begins with its moment and a space. */
  readonly timestamps?: boolean | undefined;
  /** Nothing that was printed before this moment. */
  readonly since?: Date | undefined;
  /** This one alone, and what is told of containers that ended. Default: both. */
  readonly stream?: "stdout" | "stderr" | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Lines of a session's log, those to come included, until its container has ended. Read as fast as they are taken: a reader that stops makes
 * the host stop. Throws `RequestError` where it is refused or breaks off, `NoAnswerError`; an aborted `signal` ends it in silence.
 */
export async function* followLogs(url: URL, token: string | null, id: string, options: FollowLogs = {}): AsyncGenerator<string> {
  const { tail = 100, timestamps = true, since, stream: which, signal } = options;
  if (signal?.aborted) return;
  const query = new URLSearchParams({ follow: "true", tail: String(tail), timestamps: String(timestamps) });
  if (since) query.set("since", since.toISOString());
  if (which) query.set("stream", which);
  const socket = new WebSocket(webSocketUrl(url, `/api/v1/sessions/${encodeURIComponent(id)}/logs?${query}`), {
    headers: token === null ? {} : { authorization: `Bearer ${token}` },
    perMessageDeflate: false,
  });
  const end = { opened: false, code: 1006, reason: "", refusal: null as RequestError | null };
  socket.once("open", () => {
    end.opened = true;
  });
  const closed = new Promise<void>((resolve) => {
    socket.once("close", (code, reason) => {
      Object.assign(end, { code, reason: String(reason) });
      resolve();
    });
  });
  socket.once("unexpected-response", (_request, response: IncomingMessage) => {
    void readRefusal(response).then((refusal) => {
      end.refusal = refusal;
      socket.terminate();
    });
  });
  const stream = createWebSocketStream(socket, { readableObjectMode: true });
  const stop = () => socket.terminate();
  signal?.addEventListener("abort", stop, { once: true });
  const lines: AsyncIterable<unknown> = stream;
  try {
    for await (const line of lines) yield String(line);
  } catch (error) {
    if (signal?.aborted) return;
    if (end.refusal) throw end.refusal;
    if (!end.opened) throw new NoAnswerError(url.origin, error);
  } finally {
    signal?.removeEventListener("abort", stop);
    // For whoever stopped taking lines.
    if (socket.readyState === WebSocket.OPEN) socket.close();
  }
  if (signal?.aborted) return;
  await closed;
  if (end.code !== 1000) throw brokenOff(end);
}

function brokenOff({ code, reason }: { code: number; reason: string }): RequestError {
  const told = /^([A-Z_]+): (.*)$/s.exec(reason);
  return (
    (told && fromRest({ code: told[1], message: told[2] }, 502)) ??
    new RequestError("TUNNEL_FAILED", `The log broke off: ${reason || `the connection was closed (${code})`}`)
  );
}

/** What an upgrade was answered instead of a WebSocket. */
export async function readRefusal(response: IncomingMessage): Promise<RequestError> {
  const status = response.statusCode ?? 500;
  let text = "";
  try {
    for await (const part of response) text = `${text}${String(part)}`.slice(0, 64 * 1024);
    const refusal = fromRest(JSON.parse(text), status);
    if (refusal) return refusal;
  } catch {
    // Not one of ours: its status is all that it says.
  }
  return new RequestError("SERVICE_UNAVAILABLE", `The answer was ${status}, and none of Berth's`);
}
