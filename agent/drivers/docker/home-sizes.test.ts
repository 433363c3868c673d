import { beforeEach, expect, it } from "vitest";
import { createLog } from "../../log";
import { ManualClock } from "../../testing/manual-clock";
import { HomeSizes } from "./home-sizes";

const MINUTE = 60_000;
const use = (sizes: Record<string, number | null>) => ({
  Volumes: Object.entries(sizes).map(([Name, Size]) => ({ Name, UsageData: Size === null ? null : { Size, RefCount: 1 } })),
  LayersSize: 1,
});

let clock: ManualClock;
let asked: { signal: AbortSignal; answer(value: unknown): void; fail(error: Error): void }[];
let sizes: HomeSizes;
beforeEach(() => {
  clock = new ManualClock();
  asked = [];
  sizes = new HomeSizes(
    (signal) =>
      new Promise((resolve, reject) => {
        asked.push({ signal, answer: resolve, fail: reject });
        signal.addEventListener("abort", () => reject(signal.reason));
      }),
    clock,
    createLog("silent"),
  );
});
const last = () => {
  const call = asked.at(-1);
  if (!call) throw new Error("the engine was not asked");
  return call;
};

it("asks not at the start, and not more than twice an hour however often it is told to", async () => {
  await sizes.freshen();
  expect(asked).toHaveLength(0);
  for (let minute = 0; minute < 60; minute += 1) {
    clock.advance(MINUTE);
    const fresh = sizes.freshen();
    if (minute % 30 === 0) last().answer(use({ a: 100 + minute }));
    await fresh;
  }
  expect(asked).toHaveLength(2);
  expect(sizes.of("a")).toEqual({ bytes: 130, at: new Date("2026-11-22T10:31:00Z") });
});

it("knows nothing of what the engine could not count", async () => {
  clock.advance(MINUTE);
  const fresh = sizes.freshen();
  last().answer(use({ a: 0, b: -1, c: null }));
  await fresh;
  expect(["a", "b", "c", "d"].map((volume) => sizes.of(volume)?.bytes ?? null)).toEqual([0, null, null, null]);
});

it("is not waited for longer than two seconds, asks once meanwhile, and takes the answer when it comes", async () => {
  clock.advance(MINUTE);
  const [one, two] = [sizes.freshen(), sizes.freshen()];
  clock.advance(2_000);
  await Promise.all([one, two]);
  expect([asked.length, sizes.of("a")]).toEqual([1, null]);
  last().answer(use({ a: 5 }));
  await sizes.freshen();
  expect(sizes.of("a")?.bytes).toBe(5);
});

it("gives up after a minute and keeps what it knew, also when the engine refuses or talks nonsense", async () => {
  clock.advance(MINUTE);
  const fresh = sizes.freshen();
  last().answer(use({ a: 5 }));
  await fresh;
  const spoil = [
    () => clock.advance(MINUTE),
    () => last().fail(new Error("a disk usage operation is already running")),
    () => last().answer({ Volumes: 1 }),
  ];
  for (const [at, how] of spoil.entries()) {
    clock.advance(30 * MINUTE);
    const again = sizes.freshen();
    how();
    await again;
    // Whoever waited had lost patience before it was given up.
    await new Promise(setImmediate);
    expect([asked.length, sizes.of("a")?.bytes]).toEqual([at + 2, 5]);
  }
  expect(asked[1]?.signal.aborted).toBe(true);
});
