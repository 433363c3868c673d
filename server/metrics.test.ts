import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { tellFleet } from "./modules/system/fleet-figures";
import { connectDatabase } from "./platform/db/prisma-client";
import { createLog } from "./platform/log";
import { Metrics } from "./platform/metrics";
import { askDoor } from "./testing/door-calls";
import { type DoorKit, startDoorKit } from "./testing/door-kit";
import { makeAsker } from "./testing/factories";
import { TestClock } from "./testing/test-clock";

interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Prometheus' text format, by name. */
function read(text: string): Map<string, Series[]> {
  const all = new Map<string, Series[]>();
  for (const line of text.split("\n").filter((one) => one !== "" && !one.startsWith("#"))) {
    const [, name = "", words = "", value] = /^([\w:]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (value === undefined) throw new Error(`not a sample: ${line}`);
    const labels = Object.fromEntries([...words.matchAll(/(\w+)="([^"]*)"/g)].map(([, label = "", word = ""]) => [label, word]));
    all.set(name, [...(all.get(name) ?? []), { labels, value: Number(value) }]);
  }
  return all;
}

let kit: DoorKit;
let ids: readonly string[];
let text: string;
let scraped: Map<string, Series[]>;
const told = (name: string, labels: Record<string, string> = {}) =>
  scraped.get(name)?.find((one) => Object.entries(labels).every(([label, word]) => one.labels[label] === word))?.value;

beforeAll(async () => {
  kit = await startDoorKit({ loginsPerMinute: 1_000 });
  const watched = connectDatabase(kit.url, { watch: kit.metrics.database });
  await expect(watched.$queryRaw`SELECT 1 / 0`).rejects.toThrow();
  await watched.$transaction((tx) => tx.session.count());
  const agent = await kit.connectAgent("host-a");
  const owner = await makeAsker(kit);
  const mine = kit.callerOf(owner);
  const session = await mine.sessions.create({ template: "terminal-desktop" });
  await vi.waitFor(async () => expect((await mine.sessions.get({ id: session.id })).status.phase).toBe("Running"));
  const admin = kit.callerOf(await makeAsker(kit, "admin"));
  await admin.templates.setWarmPool({ name: "scratchpad", size: 2 });
  const webhook = await admin.webhooks.create({ name: "hooks", url: "https://hooks.example/berth", events: ["session.created"] });
  // Nothing sends here.
  for (let times = 0; times < 2; times += 1) await admin.webhooks.test({ id: webhook.id });
  const authorization = `Bearer ${await kit.tokenOf(owner)}`;
  const ask = (method: string, path: string) => askDoor(kit.port, { method, path, headers: { authorization } });
  await ask("GET", `/api/v1/sessions/${session.id}`);
  await ask("GET", "/api/v1/users");
  await ask("GET", `/no/${session.id}`);
  await ask("PROPFIND", "/api/v1/nothing");
  ids = [session.id, agent.id, owner.userId, owner.username, session.name, "host-a"];
  await vi.waitFor(async () => {
    text = (await askDoor(kit.port, { method: "GET", path: "/metrics" })).text;
    scraped = read(text);
    expect(told("berth_http_requests_total", { method: "other" })).toBe(1);
  });
  await watched.$disconnect();
});
afterAll(() => kit.close());

describe("/metrics", () => {
  it("tells of the fleet", () => {
    expect(told("berth_fleet_readable")).toBe(1);
    expect(told("berth_fleet_sessions", { state: "running", phase: "Running" })).toBe(1);
    expect(told("berth_fleet_warm_sessions", { count: "ready" })).toBe(0);
    expect(told("berth_fleet_warm_sessions", { count: "wanted" })).toBe(2);
    expect(told("berth_fleet_agents", { status: "online" })).toBe(1);
    expect(told("berth_fleet_agents", { status: "offline" })).toBe(0);
    expect(told("berth_fleet_open_tasks", { state: "queued" })).toBe(0);
    expect(told("berth_fleet_webhook_deliveries", { state: "pending" })).toBe(2);
    expect(told("berth_fleet_webhook_deliveries", { state: "failed" })).toBe(0);
    expect(told("berth_connected_agents")).toBe(1);
  });

  it("tells how long tasks waited and how they ended", () => {
    expect(told("berth_task_dispatch_seconds_count", { kind: "session.start" })).toBe(1);
    expect(told("berth_tasks_ended_total", { kind: "session.start", outcome: "completed" })).toBe(1);
  });

  it("tells of requests by route and of procedures by name, with what came of them", () => {
    expect(told("berth_http_requests_total", { route: "rest", method: "GET", status: "200" })).toBe(1);
    expect(told("berth_http_requests_total", { route: "rest", method: "GET", status: "403" })).toBe(1);
    expect(told("berth_http_requests_total", { route: "page" })).toBe(1);
    expect(told("berth_http_request_duration_seconds_count", { route: "rest" })).toBe(3);
    expect(told("berth_procedure_calls_total", { procedure: "users.list", code: "AUTH_INSUFFICIENT_PERMISSIONS" })).toBe(1);
    expect(told("berth_procedure_calls_total", { procedure: "sessions.create", code: "OK" })).toBe(1);
    expect(told("berth_procedure_duration_seconds_count", { procedure: "sessions.create" })).toBe(1);
  });

  it("tells of the database's pool and statements", () => {
    expect(told("berth_database_connections", { state: "waited for" })).toBe(0);
    expect(told("berth_database_connections", { state: "idle" })).toBeGreaterThan(0);
    expect(told("berth_database_statement_seconds_count", { outcome: "ok" })).toBeGreaterThan(0);
    expect(told("berth_database_statement_seconds_count", { outcome: "failed" })).toBe(1);
  });

  it("has nobody's name and nothing's ID in it", () => {
    for (const id of ids) expect(text).not.toContain(id);
    expect(text).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-/);
  });

  it("tells of the process, and that the fleet can't be read, where the database does not answer", async () => {
    const metrics = new Metrics();
    const clock = new TestClock();
    tellFleet(metrics, { clock, log: createLog("silent"), read: () => new Promise(() => {}) });
    const scrape = metrics.text();
    await clock.advance(3_000);
    scraped = read(await scrape);
    expect(told("berth_fleet_readable")).toBe(0);
    expect(scraped.has("berth_fleet_sessions")).toBe(false);
    expect(told("process_resident_memory_bytes")).toBeGreaterThan(0);
    scraped = read(text);
  });
});

const dashboardSchema = z.object({
  panels: z.array(z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string(), legendFormat: z.string() })).default([]) })),
});

describe("the dashboard for Grafana", () => {
  const file = readFileSync(new URL("../docs/grafana-dashboard.json", import.meta.url), "utf8");
  const { panels } = dashboardSchema.parse(JSON.parse(file));
  const asked = panels.flatMap(({ title, targets }) => targets.map((target) => ({ title, ...target })));

  it("asks for something in each of its panels", () => {
    expect(asked.length).toBeGreaterThan(25);
  });

  it.each(asked)("asks for what is there: $title, $expr", ({ expr, legendFormat }) => {
    const names = expr.match(/\b(?:berth|process|nodejs)_\w+/g) ?? [];
    expect(names).not.toEqual([]);
    const series = names.flatMap((name) => {
      expect([...scraped.keys()]).toContain(name);
      return scraped.get(name) ?? [];
    });
    // What Prometheus adds by itself.
    const known = new Set(["instance", ...series.flatMap(({ labels }) => Object.keys(labels))]);
    const grouped = [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, words = ""]) => words.split(/, */));
    const matched = [...expr.matchAll(/[{,](\w+)(?:=~?|!=)"/g)].map(([, label = ""]) => label);
    const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = ""]) => label);
    for (const label of [...grouped, ...matched, ...shown]) expect([...known]).toContain(label);
  });
});
