/** Both ways to type a byte into a program in one container, and to wait until it comes back. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { TERMINAL_PROTOCOL } from "@berth/protocol/terminal";
import { WebSocket } from "ws";

/** Gives back each byte as it comes, with nothing of the terminal's own in between. */
export const ECHO = "stty raw -echo; printf ready; exec cat";

export interface Typist {
  /** Milliseconds from the byte's sending until it is there again. */
  keystroke(): Promise<number>;
  leave(): void;
}

class Waiting {
  #seen = "";
  #resolve: (() => void) | null = null;
  #wanted = "";

  push(text: string): void {
    this.#seen += text;
    if (this.#wanted === "" || !this.#seen.includes(this.#wanted)) return;
    this.#seen = "";
    this.#wanted = "";
    this.#resolve?.();
  }

  until(text: string): Promise<void> {
    this.#wanted = text;
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.push("");
    });
  }
}

async function timed(waiting: Waiting, send: () => void): Promise<number> {
  const there = waiting.until("k");
  const began = performance.now();
  send();
  await there;
  return performance.now() - began;
}

/** `docker exec -it` on a terminal of its own, which `script` makes. */
export async function dockerTypist(container: string): Promise<Typist> {
  const command = `stty raw -echo; exec docker exec -it ${container} sh -c '${ECHO}'`;
  const child: ChildProcessWithoutNullStreams = spawn("script", ["-qfc", command, "/dev/null"]);
  const waiting = new Waiting();
  child.stdout.on("data", (chunk: Buffer) => waiting.push(chunk.toString("latin1")));
  await waiting.until("ready");
  return { keystroke: () => timed(waiting, () => child.stdin.write("k")), leave: () => void child.kill() };
}

/** A terminal of Berth's, by the WebSocket that a browser opens. */
export async function berthTypist(url: string, authorization: string): Promise<Typist> {
  const socket = new WebSocket(url.replace(/^http/, "ws"), TERMINAL_PROTOCOL, { headers: { authorization }, perMessageDeflate: false });
  const waiting = new Waiting();
  socket.on("message", (data: Buffer, isBinary) => isBinary && waiting.push(data.toString("latin1")));
  await once(socket, "open");
  socket.send(Buffer.from(`${ECHO.replace("ready", "rea''dy")}\n`));
  await waiting.until("ready");
  return { keystroke: () => timed(waiting, () => socket.send(Buffer.from("k"))), leave: () => socket.terminate() };
}
