import type { Duplex } from "node:stream";
import { type PortWords, portWordsSchema } from "@berth/protocol/session-ports";
import { MAX_INPUT_BYTES, WINDOW_BYTES } from "@berth/protocol/terminal";
import type { WebSocket } from "ws";
import type { Clock } from "../clock";
import { wordsOf } from "../log";
import { ReceivedFlow, SentFlow } from "../terminals/flow";
import { bytesOf, closeWith, readWords } from "../terminals/message-socket";

const TAKE_ALL_WITHIN_MS = 10 * 60_000;
const FLUSH_WITHIN_MS = 30_000;

/** Joins a WebSocket of `PORT_PROTOCOL` and a port. Either side holds no more of the other's bytes than the window. `onInput` as in `pipePort`. */
export function joinPort(webSocket: WebSocket, port: Duplex, clock: Clock, onInput: () => void): void {
  const sent = new SentFlow();
  const say = (words: PortWords): void => {
    if (webSocket.readyState === webSocket.OPEN) webSocket.send(JSON.stringify(words));
  };
  const received = new ReceivedFlow((bytes) => say({ type: "taken", bytes }));
  const flow = (): void => {
    if (sent.isFull || webSocket.bufferedAmount > 2 * WINDOW_BYTES) port.pause();
    else if (port.isPaused()) port.resume();
  };
  port.on("data", (chunk: Buffer) => {
    for (let at = 0; at < chunk.length; at += MAX_INPUT_BYTES) {
      const piece = chunk.subarray(at, at + MAX_INPUT_BYTES);
      sent.sent(piece.length);
      if (webSocket.readyState === webSocket.OPEN) webSocket.send(piece, { binary: true });
    }
    flow();
  });
  let ended = false;
  port.once("end", () => {
    ended = true;
    say({ type: "end" });
    // It may go on to send, and closes once it has taken all: closing here could overtake what is under way.
    const late = clock.after(TAKE_ALL_WITHIN_MS, () => closeWith(webSocket, clock, 1000, "the port has ended the connection"));
    webSocket.once("close", () => late.cancel());
  });
  port.once("error", (error) => closeWith(webSocket, clock, 1011, wordsOf(error).replace(/[^\x20-\x7e]/g, "?")));
  port.once("close", () => {
    if (!ended) closeWith(webSocket, clock, 1011, "the connection to the port broke");
  });
  webSocket.on("message", (data, isBinary) => {
    if (isBinary) {
      const bytes = bytesOf(data);
      received.received(bytes.length);
      if (received.isBroken) return closeWith(webSocket, clock, 1009, "more was sent than is read");
      onInput();
      // To a port that reads no more it is as good as taken.
      if (port.writableEnded || port.destroyed) return received.taken(bytes.length);
      return void port.write(bytes, () => received.taken(bytes.length));
    }
    const words = readWords(data, portWordsSchema);
    if (!words) return closeWith(webSocket, clock, 1007, "not a message of this protocol");
    if (words.type === "end") return void port.end();
    sent.taken(words.bytes);
    flow();
  });
  webSocket.once("close", (code) => {
    if (code !== 1000 || !port.writableEnded) return void port.destroy();
    // All was sent and nothing is waited for: what the port has not taken yet it still gets.
    port.resume();
    const late = clock.after(FLUSH_WITHIN_MS, () => port.destroy());
    port.once("close", () => late.cancel());
  });
  if (webSocket.readyState > webSocket.OPEN) port.destroy();
}
