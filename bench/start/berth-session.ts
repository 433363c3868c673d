/** From the request to the RFB banner, as a script with a token sees it. */
import { once } from "node:events";
import { performance } from "node:perf_hooks";
import { WebSocket } from "ws";
import { z } from "zod";
import type { BerthStack } from "./berth-stack";

const TIMEOUT_MS = 30_000;
const BANNER_BYTES = 12;

const createdSchema = z.object({ id: z.string() });
const sessionSchema = z.object({ status: z.object({ phase: z.string(), message: z.string() }) });
const viewerSchema = z.object({ url: z.string() });
const liveMessageSchema = z.object({
  result: z.object({ data: z.object({ data: z.object({ kind: z.string(), id: z.string().optional() }) }).optional() }).optional(),
});

/** The live subscription of one login, over a WebSocket that stays open: what a page has, too. */
export class LiveEvents {
  #changed: (() => void) | undefined;

  private constructor(private readonly socket: WebSocket) {
    socket.on("message", (data) => {
      const text = String(data);
      if (text === "PING") return socket.send("PONG");
      if (!text.startsWith("{")) return;
      const event = liveMessageSchema.parse(JSON.parse(text)).result?.data?.data;
      if (event && (event.kind === "session" || event.kind === "resync")) this.#changed?.();
    });
  }

  static async open(stack: BerthStack): Promise<LiveEvents> {
    const socket = new WebSocket(stack.url.replace("http", "ws").concat("/live"), {
      headers: { authorization: stack.authorization, origin: stack.url },
    });
    await once(socket, "open");
    const live = new LiveEvents(socket);
    socket.send(JSON.stringify({ id: 1, method: "subscription", params: { path: "live.events", input: {} } }));
    return live;
  }

  /** Resolves once `test` says so; it is asked now and after each event of a session. */
  async until(test: () => Promise<boolean>): Promise<void> {
    const end = performance.now() + TIMEOUT_MS;
    for (;;) {
      const changed = new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
      if (await test()) return;
      const left = end - performance.now();
      if (left <= 0) throw new Error(`the session was not running within ${TIMEOUT_MS / 1000} s`);
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([
        changed,
        new Promise<void>((resolve) => {
          timer = setTimeout(resolve, left);
        }),
      ]);
      clearTimeout(timer);
    }
  }

  close(): void {
    this.socket.terminate();
  }
}

function banner(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const viewer = new WebSocket(url, "binary", { perMessageDeflate: false });
    let received = 0;
    viewer.on("message", (data) => {
      received += Buffer.isBuffer(data) ? data.length : 0;
      if (received < BANNER_BYTES) return;
      resolve();
      viewer.terminate();
    });
    viewer.on("error", reject);
    viewer.on("close", () => reject(new Error("the viewer ended before its banner")));
  });
}

export interface SessionStart {
  readonly id: string;
  readonly runningMs: number;
  readonly bannerMs: number;
}

/** Milliseconds from the request until the session is running, and until a viewer has the display's banner. */
export async function createToBanner(stack: BerthStack, live: LiveEvents, wish: object): Promise<SessionStart> {
  const began = performance.now();
  const since = () => performance.now() - began;
  const { id } = await stack.call("POST", "/sessions", wish, createdSchema);
  const running = live.until(async () => {
    const { status } = await stack.call("GET", `/sessions/${id}`, null, sessionSchema);
    if (status.phase === "Failed" || status.phase === "Terminated") throw new Error(`session ${id}: ${status.message}`);
    return status.phase === "Running";
  });
  // As the session's page does: the viewer is there before the desktop.
  const opened = stack.call("POST", `/sessions/${id}/viewer`, {}, viewerSchema);
  const seen = opened.then(({ url }) => banner(new URL(url, stack.url).href.replace(/^http/, "ws")));
  const [runningMs, bannerMs] = await Promise.all([running.then(since), seen.then(since)]);
  return { id, runningMs, bannerMs };
}

export async function removeSession(stack: BerthStack, live: LiveEvents, id: string): Promise<void> {
  await stack.call("DELETE", `/sessions/${id}`, null, z.unknown());
  await live.until(async () => {
    const { status } = await stack.call("GET", `/sessions/${id}`, null, sessionSchema);
    return status.phase === "Terminated";
  });
}
