import type { Duplex } from "node:stream";
import { BerthError } from "@berth/protocol/errors";
import { THUMBNAIL_MAX_BYTES, THUMBNAIL_MAX_WIDTH, THUMBNAIL_TIMEOUT_MS } from "@berth/protocol/tunnel";
import type { Clock } from "../clock";
import { Lanes } from "../commands/lanes";
import { encodeWithin } from "./encode-png";
import { lookAtDisplay } from "./look-at-display";

const KEPT_MS = 10_000;
const MAX_KEPT = 256;
/** Displays that are looked at together: each look costs some ten milliseconds of this one thread. */
const AT_ONCE = 4;

export interface ThumbnailsOptions {
  readonly clock: Clock;
  openDisplay(sessionId: string): Promise<Duplex>;
}

/**
 * Small pictures of displays, taken when they are asked for and at no other time: one look at a session each ten seconds at most. A look is
 * no viewer and no input; it is not told to anyone.
 */
export class Thumbnails {
  readonly #options: ThumbnailsOptions;
  readonly #lanes = new Lanes(AT_ONCE);
  /** Failures too, so that a display that can't be pictured isn't tried with each request. */
  readonly #taken = new Map<string, { readonly at: number; readonly png: Promise<Buffer> }>();

  constructor(options: ThumbnailsOptions) {
    this.#options = options;
  }

  /** PNG of 320 pixels a side and 64 KB at most. Rejects with `THUMBNAILS_OFF`, what `openDisplay` rejects with, or `DISPLAY_UNREACHABLE`. */
  async of(sessionId: string, policy: { readonly thumbnails: boolean }): Promise<Buffer> {
    if (!policy.thumbnails) {
      this.#taken.delete(sessionId);
      throw new BerthError("THUMBNAILS_OFF", "The policy of this session allows no small pictures of its screen");
    }
    const now = this.#options.clock.now().getTime();
    const last = this.#taken.get(sessionId);
    if (last && now - last.at < KEPT_MS) return last.png;
    const png = new Promise<Buffer>((resolve, reject) => {
      this.#lanes.add(sessionId, () => this.#take(sessionId).then(resolve, reject));
    });
    // Rejections are told to those who asked.
    png.catch(() => {});
    this.#taken.delete(sessionId);
    this.#taken.set(sessionId, { at: now, png });
    // The oldest are first: those that may not be shown any more go, and what is too many.
    for (const [id, { at }] of this.#taken) {
      if (now - at < KEPT_MS && this.#taken.size <= MAX_KEPT) break;
      this.#taken.delete(id);
    }
    return png;
  }

  async #take(sessionId: string): Promise<Buffer> {
    const display = await this.#options.openDisplay(sessionId);
    // Told by what reads.
    display.on("error", () => {});
    const seconds = THUMBNAIL_TIMEOUT_MS / 1000;
    const late = this.#options.clock.after(THUMBNAIL_TIMEOUT_MS, () =>
      display.destroy(new BerthError("DISPLAY_UNREACHABLE", `The display painted no picture within ${seconds} s`)),
    );
    try {
      return encodeWithin(await lookAtDisplay(display, THUMBNAIL_MAX_WIDTH), THUMBNAIL_MAX_BYTES);
    } finally {
      late.cancel();
      display.destroy();
    }
  }
}
