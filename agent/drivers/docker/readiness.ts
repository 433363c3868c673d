/** Waits until a session's display can be used, or says why it won't be. */
import type { Duplex } from "node:stream";
import { BerthError } from "@berth/protocol/errors";
import { pause, throwIfAborted } from "../abort";
import { askHttp, readBanner, speaks } from "./banner";

export interface AwaitedDisplay {
  readonly protocol: "rfb" | "http";
  /** For `http`: what is asked for. */
  readonly path: string;
  readonly port: number;
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
  /** A new connection to where the display will be. Rejects while it is not there. */
  open(): Promise<Duplex>;
  /** Throws `CONTAINER_EXITED` where the container is gone. */
  stillRuns(): Promise<void>;
}

/** One connection's time to say something. */
const ANSWER_MS = 1500;
const LOOK_EVERY_MS = 200;

/** Rejects with `CONTAINER_EXITED`, `DISPLAY_PROTOCOL_MISMATCH` or `DISPLAY_NOT_READY`. */
export async function untilDisplayReady(display: AwaitedDisplay): Promise<void> {
  const begin = Date.now();
  const until = begin + display.timeoutSeconds * 1000;
  let looked = begin;
  let last = "nothing listens there";
  while (Date.now() < until) {
    throwIfAborted(display.signal);
    try {
      await (display.protocol === "rfb" ? tryRfb(display) : tryHttp(display));
      return;
    } catch (error) {
      if (!(error instanceof BerthError)) throw error;
      if (error.code === "DISPLAY_PROTOCOL_MISMATCH") throw error;
      last = error.message;
    }
    if (Date.now() - looked >= LOOK_EVERY_MS) {
      await display.stillRuns();
      looked = Date.now();
    }
    // Desktops are ready in a tenth of a second: look often at first.
    const waited = Date.now() - begin;
    await pause(waited < 1000 ? 4 : waited < 3000 ? 10 : 100, display.signal);
  }
  await display.stillRuns();
  throw new BerthError(
    "DISPLAY_NOT_READY",
    `The ${display.protocol} display on port ${display.port} was not ready within ${display.timeoutSeconds} s: ${last}`,
  );
}

async function tryRfb(display: AwaitedDisplay): Promise<void> {
  const stream = await display.open();
  try {
    await readBanner(stream, ANSWER_MS);
    stream.destroy();
  } catch (error) {
    if (!(error instanceof BerthError) || !error.message.includes("said nothing")) throw mismatch(error, display);
    // It listens and waits to be spoken to.
    const heard = await askHttp(await display.open(), "/", ANSWER_MS);
    // Slow to speak at first, on a busy machine: it is asked again.
    if (heard && !heard.startsWith("RFB ")) throw mismatch(new BerthError("DISPLAY_PROTOCOL_MISMATCH", `it ${speaks(heard)}`), display);
    throw error;
  }
}

function mismatch(error: unknown, { port }: AwaitedDisplay): unknown {
  if (!(error instanceof BerthError) || error.code !== "DISPLAY_PROTOCOL_MISMATCH") return error;
  const spoke = error.message.replace(/^.*\bit (?=answered)/, "");
  return new BerthError(
    "DISPLAY_PROTOCOL_MISMATCH",
    `Port ${port} does not speak RFB: it ${spoke}. A template for it needs display.protocol http`,
  );
}

async function tryHttp(display: AwaitedDisplay): Promise<void> {
  const heard = await askHttp(await display.open(), display.path, ANSWER_MS);
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(heard)?.[1];
  if (status === undefined) {
    if (!heard) throw new BerthError("DISPLAY_UNREACHABLE", "it does not answer HTTP yet");
    const advice = heard.startsWith("RFB ") ? ". A template for it needs display.protocol rfb" : "";
    throw new BerthError("DISPLAY_PROTOCOL_MISMATCH", `Port ${display.port} does not speak HTTP: it ${speaks(heard)}${advice}`);
  }
  if (Number(status) >= 500) throw new BerthError("DISPLAY_UNREACHABLE", `it answers ${display.path} with ${status}`);
}
