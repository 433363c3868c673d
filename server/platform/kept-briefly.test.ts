import { beforeEach, expect, it } from "vitest";
import { TestClock } from "../testing/test-clock";
import { KEPT_MS, KeptBriefly } from "./kept-briefly";

let clock: TestClock;
let kept: KeptBriefly<{ owner: string; read: number } | null>;
let reads: number;
beforeEach(() => {
  clock = new TestClock();
  kept = new KeptBriefly(clock);
  reads = 0;
});
const read = async () => {
  reads += 1;
  return { owner: "ada", read: reads };
};

it("is read once in a second, however many ask", async () => {
  await Promise.all([kept.of("a", read), kept.of("a", read)]);
  await kept.of("a", read);
  expect(reads).toBe(1);
  await clock.advance(KEPT_MS);
  expect(await kept.of("a", read)).toMatchObject({ read: 2 });
});

it("is read again at once where somebody said that it changed, and nobody else's is", async () => {
  await kept.of("a", read);
  kept.drop(({ owner }) => owner === "grace");
  expect(await kept.of("a", read)).toMatchObject({ read: 1 });
  kept.drop(({ owner }) => owner === "ada");
  expect(await kept.of("a", read)).toMatchObject({ read: 2 });
});

it("what was being read while it changed is for those who asked before", async () => {
  let arrive = (_: { owner: string; read: number }) => {};
  const before = kept.of("a", () => new Promise((resolve) => (arrive = resolve)));
  kept.drop(() => false);
  const after = kept.of("a", read);
  arrive({ owner: "ada", read: 0 });
  expect([await before, await after]).toMatchObject([{ read: 0 }, { read: 1 }]);
  expect(await kept.of("a", read)).toMatchObject({ read: 1 });
});

it("what isn't there, or could not be read, is asked for again", async () => {
  expect(await kept.of("a", async () => null)).toBeNull();
  await expect(kept.of("a", () => Promise.reject(new Error("away")))).rejects.toThrow("away");
  expect(await kept.of("a", read)).toMatchObject({ read: 1 });
});
