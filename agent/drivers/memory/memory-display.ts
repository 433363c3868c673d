/** The screen of one session in memory: what was typed and where the pointer went, shared by all who look at it. */
import { type Duplex, duplexPair } from "node:stream";
import { Framebuffer } from "./framebuffer";
import { cutTextMessage, serveEcho, serveRfb } from "./memory-rfb-server";

export interface DisplayInput {
  text: string;
  keys: number;
  pointer: { x: number; y: number; buttons: number } | null;
  clipboard: string | null;
  /** The sizes that were asked for. */
  sizes: string[];
}

export class MemoryDisplay {
  readonly input: DisplayInput = { text: "", keys: 0, pointer: null, clipboard: null, sizes: [] };
  readonly #width: number;
  readonly #height: number;
  readonly #echo: boolean;
  readonly #viewers = new Set<{ stream: Duplex; changed: () => void }>();
  /** Made for the first viewer: a thousand sessions that nobody looks at need no pictures. */
  #picture: Framebuffer | null = null;

  constructor(resolution: string | undefined, echo: boolean) {
    const [width, height] = (resolution ?? "640x480").split("x").map(Number);
    this.#width = Math.min(width ?? 640, 4096);
    this.#height = Math.min(height ?? 480, 4096);
    this.#echo = echo;
  }

  get viewers(): number {
    return this.#viewers.size;
  }

  open(): Duplex {
    const [inside, outside] = duplexPair();
    const viewer = { stream: inside, changed: () => {} };
    this.#viewers.add(viewer);
    inside.on("close", () => this.#viewers.delete(viewer));
    inside.on("error", () => inside.destroy());
    // A pair does not pass on a destroyed end by itself.
    inside.on("close", () => outside.destroy());
    outside.on("close", () => inside.destroy());
    if (this.#echo) serveEcho(inside);
    else viewer.changed = serveRfb(inside, this);
    return outside;
  }

  get picture(): Framebuffer {
    if (!this.#picture) {
      this.#picture = new Framebuffer(this.#width, this.#height);
      this.#picture.draw(this.input.text, this.input.pointer);
    }
    return this.#picture;
  }

  key(keysym: number, down: boolean): void {
    this.input.keys++;
    if (!down) return;
    if (keysym === 0xff0d) this.input.text += "\n";
    else if (keysym === 0xff08) this.input.text = this.input.text.slice(0, -1);
    else if (keysym >= 0x20 && keysym < 0x100) this.input.text += String.fromCharCode(keysym);
    else if (keysym >= 0x0100_0100 && keysym <= 0x0110_ffff) this.input.text += String.fromCodePoint(keysym - 0x0100_0000);
    this.input.text = this.input.text.slice(-10_000);
    this.#redraw();
  }

  point(x: number, y: number, buttons: number): void {
    this.input.pointer = { x, y, buttons };
    this.#redraw();
  }

  /** Something is copied inside the desktop: every viewer is told. */
  copy(text: string): void {
    for (const viewer of this.#viewers) viewer.stream.write(cutTextMessage(text));
  }

  /** Ends every viewer's stream, as a container that goes away does. */
  end(): void {
    for (const viewer of this.#viewers) viewer.stream.end();
    this.#viewers.clear();
  }

  #redraw(): void {
    this.#picture?.draw(this.input.text, this.input.pointer);
    for (const viewer of this.#viewers) viewer.changed();
  }
}
