/** How large homes are, as the engine counts it. Counting walks every file, so it is done rarely and never waited for long. */
import type Docker from "dockerode";
import { z } from "zod";
import type { Clock } from "../../clock";
import { type Log, wordsOf } from "../../log";

const MEASURE_EVERY_MS = 30 * 60_000;
/** An agent that has just started has other things to do. */
const FIRST_AFTER_MS = 60_000;
const GIVE_UP_AFTER_MS = 60_000;
/** How long an inventory waits for sizes; what comes later stands in the next one. */
const PATIENCE_MS = 2_000;

export interface MeasuredSize {
  readonly bytes: number;
  readonly at: Date;
}

/** Asks the engine for what its volumes hold, in its own words. */
export type AskDiskUse = (signal: AbortSignal) => Promise<unknown>;

const diskUse = z.object({
  Volumes: z.array(z.object({ Name: z.string(), UsageData: z.object({ Size: z.number().int() }).nullish() })).nullable(),
});

/** `type` spares newer engines (API 1.42) the images and containers; older ones count all. dockerode's `df` can't ask for it. */
export const askDiskUse =
  (docker: Docker): AskDiskUse =>
  (abortSignal) =>
    new Promise((resolve, reject) => {
      const statusCodes = { 200: true, 500: "server error" };
      docker.modem.dial({ path: "/system/df?type=volume", method: "GET", statusCodes, abortSignal }, (error: unknown, answer: unknown) =>
        error ? reject(error) : resolve(answer),
      );
    });

export class HomeSizes {
  readonly #ask: AskDiskUse;
  readonly #clock: Clock;
  readonly #log: Log;
  #known = new Map<string, MeasuredSize>();
  #dueAt: number;
  #running: Promise<void> | null = null;

  constructor(ask: AskDiskUse, clock: Clock, log: Log) {
    this.#ask = ask;
    this.#clock = clock;
    this.#log = log;
    this.#dueAt = clock.now().getTime() + FIRST_AFTER_MS;
  }

  /** Null: not measured yet. */
  of(volume: string): MeasuredSize | null {
    return this.#known.get(volume) ?? null;
  }

  /** Measures where that is due. Resolves with the sizes there, or after two seconds without them. Never rejects. */
  async freshen(): Promise<void> {
    const now = this.#clock.now().getTime();
    if (!this.#running && now < this.#dueAt) return;
    if (!this.#running) this.#dueAt = now + MEASURE_EVERY_MS;
    this.#running ??= this.#measure().finally(() => {
      this.#running = null;
    });
    const running = this.#running;
    await new Promise<void>((resolve) => {
      const patience = this.#clock.after(PATIENCE_MS, resolve);
      void running.then(() => {
        patience.cancel();
        resolve();
      });
    });
  }

  async #measure(): Promise<void> {
    const over = new AbortController();
    const limit = this.#clock.after(GIVE_UP_AFTER_MS, () => over.abort(new Error(`not counted within ${GIVE_UP_AFTER_MS / 1000} s`)));
    try {
      const { Volumes } = diskUse.parse(await this.#ask(over.signal));
      const at = this.#clock.now();
      // -1: the engine could not count it.
      const counted = (Volumes ?? []).flatMap(({ Name, UsageData }) =>
        UsageData && UsageData.Size >= 0 ? [[Name, { bytes: UsageData.Size, at }] as const] : [],
      );
      this.#known = new Map(counted);
    } catch (error) {
      this.#log.info({ reason: wordsOf(error) }, "the sizes of homes could not be measured; tried again in half an hour");
    } finally {
      limit.cancel();
    }
  }
}
