import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { type ServiceKit, startServiceKit } from "../testing/service-kit";
import { leasedLimiter } from "./leased-limiter";

let kit: ServiceKit;
beforeAll(async () => {
  kit = await startServiceKit();
});
beforeEach(async () => {
  await kit.pool.query("DELETE FROM rate_limits");
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => kit.close());

const limiter = (points: number, seconds = 60) => leasedLimiter(kit.pool, { name: "leased", points, seconds });
/** True: it was let in. */
const take = (of: ReturnType<typeof limiter>, key = "one") =>
  of.take(key).then(
    () => true,
    () => false,
  );

it("lets in as many as there are in a window and not one more, however many ask at the same time", async () => {
  const one = limiter(50);
  const taken = await Promise.all(Array.from({ length: 80 }, () => take(one)));
  expect(taken.filter(Boolean)).toHaveLength(50);
});

it("is exceeded by no number of replicas, and refuses early by what the others hold at most: a tenth of the limit each", async () => {
  const replicas = [limiter(100), limiter(100), limiter(100)];
  let taken = 0;
  for (let turn = 0; turn < 150; turn += 1) for (const replica of replicas) if (await take(replica)) taken += 1;
  expect(taken).toBeLessThanOrEqual(100);
  // One by one, until each has been refused: all that was leased was spent.
  expect(taken).toBe(100);
  const alone = [limiter(100), limiter(100)];
  for (const replica of alone) await take(replica, "another");
  let left = 0;
  while (await take(alone[0] ?? limiter(1), "another")) left += 1;
  expect([left <= 98, left >= 88]).toEqual([true, true]);
});

it("says after each how many are left, and asks the database far less often than it is asked", async () => {
  const one = limiter(100);
  const asked = vi.spyOn(kit.pool, "query");
  const left: number[] = [];
  for (let turn = 0; turn < 100; turn += 1) left.push((await one.take("one")).remaining);
  expect(left).toEqual(Array.from({ length: 100 }, (_, turn) => 99 - turn));
  expect(asked.mock.calls.length).toBeLessThan(40);
});

it("refuses from memory once the window is used up, with when it ends, and counts anew after that", async () => {
  const one = limiter(2, 1);
  await one.take("one");
  await one.take("one");
  const asked = vi.spyOn(kit.pool, "query");
  await expect(one.take("one")).rejects.toMatchObject({ code: "RATE_LIMIT_EXCEEDED", details: { retryAfter: 1 } });
  await expect(one.take("one")).rejects.toMatchObject({ code: "RATE_LIMIT_EXCEEDED" });
  expect(asked).not.toHaveBeenCalled();
  await expect.poll(() => take(one)).toBe(true);
});

it("tells of a database that is away by the database's own error", async () => {
  const nowhere = new pg.Pool({ host: "127.0.0.1", port: 1 });
  await expect(leasedLimiter(nowhere, { name: "leased", points: 5 }).take("one")).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
  await nowhere.end();
});
