import { QueryClient } from "@tanstack/react-query";
import { createTRPCClient } from "@trpc/client";
import { createTRPCOptionsProxy } from "@trpc/tanstack-react-query";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { AppRouter } from "../../server/trpc/app-router";
import { GATHER_MS, Invalidations } from "./invalidation";

const queryClient = new QueryClient();
const trpc = createTRPCOptionsProxy<AppRouter>({ client: createTRPCClient<AppRouter>({ links: [] }), queryClient });
const one = "0191d1a0-0000-7000-8000-000000000001";
const other = "0191d1a0-0000-7000-8000-000000000002";
const detail = trpc.sessions.get.queryKey({ id: one });
const otherDetail = trpc.sessions.get.queryKey({ id: other });
const list = trpc.sessions.list.queryKey({ page: 1 });
const templates = trpc.templates.list.queryKey({ page: 1 });
const usage = trpc.agents.usage.queryKey({ id: one, hours: 24 });
const agents = trpc.agents.list.queryKey({ page: 1 });

const stale = (key: readonly unknown[]) => queryClient.getQueryState(key)?.isInvalidated;
const refresh = () => {
  for (const key of [detail, otherDetail, list, agents, templates, usage]) queryClient.setQueryData<unknown>(key, {});
};

describe("live events", () => {
  let invalidations: Invalidations;
  beforeEach(() => {
    vi.useFakeTimers();
    refresh();
    invalidations = new Invalidations(queryClient, trpc);
  });
  afterEach(() => {
    invalidations.stop();
    vi.useRealTimers();
  });

  it("make the thing and the lists with it stale, and nothing else", () => {
    invalidations.add({ kind: "session", id: one });
    expect([stale(detail), stale(list), stale(otherDetail), stale(templates)]).toEqual([true, true, false, false]);
  });

  it("of sessions make the agents stale too, once a second: what they hold changed", () => {
    invalidations.add({ kind: "session", id: one });
    expect(stale(agents)).toBe(true);
    refresh();
    for (let change = 0; change < 40; change += 1) {
      invalidations.add({ kind: "session", id: other });
      vi.advanceTimersByTime(20);
    }
    expect(stale(agents)).toBe(false);
    vi.advanceTimersByTime(GATHER_MS.slow);
    expect(stale(agents)).toBe(true);
  });

  it("of the queue make stale what waits in it, alone or in a list", () => {
    queryClient.setQueryData<unknown>(detail, { status: { queue: { position: 2, of: 3 } } });
    queryClient.setQueryData<unknown>(otherDetail, { status: { queue: null } });
    invalidations.add({ kind: "queue" });
    expect([stale(detail), stale(otherDetail), stale(list), stale(agents)]).toEqual([true, false, false, false]);
    queryClient.setQueryData<unknown>(list, { sessions: [{ status: { queue: null } }, { status: { queue: { position: 1, of: 1 } } }] });
    invalidations.add({ kind: "queue" });
    vi.advanceTimersByTime(GATHER_MS.exact);
    expect(stale(list)).toBe(true);
  });

  it("of an agent leave its history alone, which asks by itself", () => {
    invalidations.add({ kind: "agent", id: one });
    expect([stale(agents), stale(usage)]).toEqual([true, false]);
  });

  it("ask for a list once in an interval, however many come", () => {
    const invalidate = vi.spyOn(queryClient, "invalidateQueries");
    for (let change = 0; change < 50; change += 1) {
      invalidations.add({ kind: "template", id: String(change) });
      vi.advanceTimersByTime(20);
    }
    expect(invalidate.mock.calls.length).toBeLessThanOrEqual(1000 / GATHER_MS.broad + 1);
    invalidate.mockRestore();
  });

  it("are never lost in the gathering: the last one counts", () => {
    invalidations.add({ kind: "session", id: one });
    refresh();
    invalidations.add({ kind: "session", id: one });
    expect(stale(detail)).toBe(false);
    vi.advanceTimersByTime(GATHER_MS.exact);
    expect(stale(detail)).toBe(true);
    vi.advanceTimersByTime(GATHER_MS.broad);
    expect(stale(list)).toBe(true);
  });

  it("make everything stale when some were missed", () => {
    invalidations.add({ kind: "resync" });
    expect([stale(detail), stale(list), stale(otherDetail), stale(agents)]).toEqual([true, true, true, true]);
  });
});
