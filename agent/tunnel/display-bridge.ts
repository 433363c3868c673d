/**
 * Carries bytes between a viewer's WebSocket and a display. Each side is read only as fast as the other takes: what is in flight stays
 * under half a megabyte a viewer, however long it stalls.
 */
import type { Duplex } from "node:stream";
import { DISPLAY_PING, DISPLAY_WITH_PINGS } from "@berth/protocol/display-ping";
import WebSocket, { type RawData } from "ws";
import type { Filtered, RfbFilter } from "./rfb-filter";
import type { RfbServerFilter } from "./rfb-server-filter";
import { youngGarbage } from "./young-garbage";

const PAUSE_ABOVE_BYTES = 256 * 1024;
const RESUME_BELOW_BYTES = 64 * 1024;
/** A viewer that answers none of three pings is gone. A stalled one gets them late, and so has longer. */
const PING_EVERY_MS = 30_000;
const MISSED_PINGS = 3;
/** Who may not type any more and is in the middle of a message has this long to end it; their keys are let go of then. */
const UNFINISHED_MS = 2_000;

const MAX_PING_BYTES = 16;

const CLOSE_NORMAL = 1000;
const CLOSE_UNSUPPORTED_DATA = 1003;
const CLOSE_POLICY = 1008;
const CLOSE_INTERNAL = 1011;

export interface DisplayBridge {
  readonly viewer: WebSocket;
  readonly display: Duplex;
  readonly filter: RfbFilter;
  /** Where the desktop's clipboard is closed; null: what the display sends is not read at all. */
  readonly fromDisplay: RfbServerFilter | null;
  /** The viewer used a key or the pointer. */
  onInput(): void;
  /** Called once, with the reason in words. */
  onEnd(reason: string): void;
}

/** Returns how to pass on what a change of the filter's terms gave. */
export function bridgeDisplay({ viewer, display, filter, fromDisplay, onInput, onEnd }: DisplayBridge): (changed: Filtered) => void {
  let ended = false;
  let unanswered = 0;
  const pings = setInterval(() => {
    if (unanswered++ >= MISSED_PINGS) end(CLOSE_INTERNAL, "the viewer does not answer", true);
    else if (viewer.readyState === WebSocket.OPEN) viewer.ping();
  }, PING_EVERY_MS);
  pings.unref();

  const end = (code: number, reason: string, atOnce = false) => {
    if (ended) return;
    ended = true;
    clearInterval(pings);
    display.destroy();
    // Paused, it would not see the answer to its close frame.
    if (viewer.isPaused) viewer.resume();
    if (atOnce) viewer.terminate();
    else viewer.close(code, reason.slice(0, 120));
    onEnd(reason);
  };

  const toViewer = (chunk: Buffer) => {
    if (viewer.readyState !== WebSocket.OPEN) return;
    viewer.send(chunk, { binary: true }, () => {
      if (display.isPaused() && viewer.bufferedAmount < RESUME_BELOW_BYTES) display.resume();
    });
    if (viewer.bufferedAmount > PAUSE_ABOVE_BYTES) display.pause();
  };
  const pass = ({ forward, input, problem }: Filtered) => {
    let room = true;
    for (const part of forward) room = display.write(part);
    if (!room) viewer.pause();
    if (input) onInput();
    if (problem) end(CLOSE_POLICY, problem);
  };

  display.on("data", (chunk: Buffer) => {
    youngGarbage.passed(chunk.length);
    if (!fromDisplay) return toViewer(chunk);
    if (ended) return;
    const { forward, problem } = fromDisplay.push(chunk);
    if (forward.length === 1 && forward[0]) toViewer(forward[0]);
    else if (forward.length > 1) toViewer(Buffer.concat(forward));
    if (problem) end(CLOSE_POLICY, problem);
  });
  display.on("end", () => end(CLOSE_NORMAL, "the display ended"));
  display.on("error", (error) => end(CLOSE_INTERNAL, `the display failed: ${error.message}`));
  display.on("close", () => end(CLOSE_NORMAL, "the display ended"));
  display.on("drain", () => viewer.resume());

  viewer.on("message", (data: RawData, isBinary) => {
    if (ended) return;
    if (isBinary) return pass(filter.push(asBuffer(data)));
    const answer = viewer.protocol === DISPLAY_WITH_PINGS ? pongOf(asBuffer(data)) : null;
    if (answer === null) return end(CLOSE_UNSUPPORTED_DATA, "a display takes binary messages only");
    // Behind the pictures that wait: what is measured is what one feels. Who does not read is owed no answers.
    if (viewer.bufferedAmount <= PAUSE_ABOVE_BYTES) viewer.send(answer);
  });
  viewer.on("pong", () => {
    unanswered = 0;
  });
  viewer.on("error", (error) => end(CLOSE_INTERNAL, `the viewer failed: ${error.message}`, true));
  viewer.on("close", (code) => end(code, `the viewer left with code ${code}`));

  return (changed) => {
    if (ended) return;
    pass(changed);
    if (!filter.releasing) return;
    const unfinished = setTimeout(() => {
      if (filter.releasing) end(CLOSE_POLICY, "the viewer may not type any more and did not end what it was sending");
    }, UNFINISHED_MS);
    unfinished.unref();
  };
}

/** Null: it is no ping. */
function pongOf(data: Buffer): string | null {
  const number = data.length <= MAX_PING_BYTES ? DISPLAY_PING.exec(data.toString("latin1"))?.[1] : undefined;
  return number === undefined ? null : `pong ${number}`;
}

function asBuffer(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}
