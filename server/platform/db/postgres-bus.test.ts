import { randomUUID } from "node:crypto";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { type TestDatabase, testDatabase } from "../../testing/test-database";
import type { Bus, BusEvent } from "../bus";
import { systemClock } from "../clock";
import { createLog } from "../log";
import { openPostgresBus } from "./postgres-bus";

let database: TestDatabase;
let here: Bus;
let there: Bus;

const open = () => openPostgresBus({ url: database.url, log: createLog("silent"), clock: systemClock });
const userEvent = (): BusEvent => ({ kind: "user", userId: randomUUID() });

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  [here, there] = await Promise.all([open(), open()]);
});
afterEach(() => Promise.all([here.close(), there.close()]));

function listenTo(bus: Bus): BusEvent[] {
  const heard: BusEvent[] = [];
  bus.subscribe((event) => heard.push(event));
  return heard;
}

test("an event reaches every replica, the one that said it included, in order", async () => {
  const [near, far] = [listenTo(here), listenTo(there)];
  const events = [userEvent(), userEvent(), userEvent()];
  await here.publish(...events);
  await vi.waitFor(() => {
    expect(near).toEqual(events);
    expect(far).toEqual(events);
  });
});

test("what is said here is heard here at once, and once, whatever becomes of its way to the others", async () => {
  const heard = listenTo(here);
  const order: string[] = [];
  here.subscribe(() => order.push("subscriber"));
  here.beforehand(() => order.push("beforehand"));
  const events = [userEvent(), userEvent()];
  const published = here.publish(...events);
  expect(heard).toEqual(events);
  // Who is told beforehand has dropped all that the change touches when anybody else reads.
  expect(order).toEqual(["beforehand", "beforehand", "subscriber", "subscriber"]);
  await published;
  // Another's word that comes after it shows that it did not come a second time.
  const after = userEvent();
  await there.publish(after);
  await vi.waitFor(() => expect(heard).toEqual([...events, after]));
  expect(order.slice(4)).toEqual(["beforehand", "subscriber"]);
});

test("what is said while a word is on its way goes together, and is heard in its order", async () => {
  const heard = listenTo(there);
  const events = Array.from({ length: 40 }, userEvent);
  await Promise.all(events.map((event) => here.publish(event)));
  await vi.waitFor(() => expect(heard).toEqual(events));
});

test("after unsubscribing nothing more is heard", async () => {
  const heard: BusEvent[] = [];
  const stop = here.subscribe((event) => heard.push(event));
  const others = listenTo(here);
  stop();
  await here.publish(userEvent());
  await vi.waitFor(() => expect(others).toHaveLength(1));
  expect(heard).toEqual([]);
});

test("a listener that throws doesn't keep the event from the others", async () => {
  here.subscribe(() => {
    throw new Error("a listener's fault");
  });
  const heard = listenTo(here);
  await here.publish(userEvent());
  await vi.waitFor(() => expect(heard).toHaveLength(1));
});

test("when the database cuts its connection, the bus comes back by itself", async () => {
  const heard = listenTo(here);
  const admin = new pg.Client({ connectionString: database.url });
  await admin.connect();
  const { rows } = await admin.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'berth bus listener' AND datname = current_database()",
  );
  expect(rows.length).toBe(2);
  await admin.end();
  await vi.waitFor(
    async () => {
      await there.publish(userEvent());
      expect(heard.length).toBeGreaterThan(0);
    },
    { interval: 100 },
  );
});

test("an event that no version of ours sends is passed over", async () => {
  const heard = listenTo(here);
  const admin = new pg.Client({ connectionString: database.url });
  await admin.connect();
  await admin.query("SELECT pg_notify('berth_bus', 'not json'), pg_notify('berth_bus', '{\"kind\":\"of another version\"}')");
  await admin.end();
  const event = userEvent();
  await there.publish(event);
  await vi.waitFor(() => expect(heard).toEqual([event]));
});

test("what is too long for a notification is refused before it is sent", async () => {
  await expect(here.publish({ kind: "user", userId: "x".repeat(8000) })).rejects.toThrow(/too long/);
});
