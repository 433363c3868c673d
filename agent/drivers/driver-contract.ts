/** What every driver does alike. Each driver's test runs this suite on what it has: a real engine, or memory. */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { Duplex } from "node:stream";
import type { StartSessionData } from "@berth/protocol/agent-commands";
import { BerthError } from "@berth/protocol/errors";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { startData } from "../testing/start-data";
import { lookAtDisplay } from "../thumbnail/look-at-display";
import type { Operation, SeenSession, SessionDriver, TerminateRequest } from "./driver";
import { logContract } from "./log-contract";

export interface ContractFixture {
  open(): Promise<SessionDriver>;
  readonly images: {
    readonly rfb: string;
    readonly http: { readonly image: string; readonly port: number };
    /** Takes a second or more to become ready, or never does. */
    readonly slow: string;
    /** Can't be had: its start fails. */
    readonly missing: string;
  };
  /** From outside, as an operator with a shell would. */
  /** A program in the container prints this line. */
  print(driver: SessionDriver, session: SeenSession, line: string): Promise<void>;
  /** The limits that the engine holds it to. */
  limits(driver: SessionDriver, session: SeenSession): Promise<{ memoryBytes: number; millicores: number }>;
  kill(driver: SessionDriver, session: SeenSession): Promise<void>;
  remove(driver: SessionDriver, session: SeenSession): Promise<void>;
}

export interface RecordedOperation extends Operation {
  readonly steps: string[];
  readonly abort: AbortController;
}

export function operation(): RecordedOperation {
  const abort = new AbortController();
  const steps: string[] = [];
  return { signal: abort.signal, steps, abort, log: () => {}, report: (step) => void (steps.at(-1) === step || steps.push(step)) };
}

export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof BerthError) return error.code;
    throw error;
  }
  return "no error";
}

/** The first bytes that come. */
export async function firstBytes(stream: Duplex): Promise<string> {
  const [chunk] = await once(stream, "data");
  return String(chunk);
}

export function driverContract(name: string, fixture: ContractFixture): void {
  describe(`${name}: what every driver does`, () => {
    let driver: SessionDriver;
    const used = new Map<string, string | null>();
    beforeAll(async () => {
      driver = await fixture.open();
    });
    afterEach(async () => {
      for (const [sessionId, home] of used) await end({ sessionId, removeHome: home });
      used.clear();
    });
    afterAll(() => driver.close());

    const newSession = (home: string | null = null) => {
      const sessionId = randomUUID();
      used.set(sessionId, home);
      return sessionId;
    };
    const newHome = () => `berth-home-${randomUUID()}`;
    const spec = (overrides: Partial<StartSessionData> = {}) => startData({ image: fixture.images.rfb, ...overrides });
    const web = () =>
      spec({
        image: fixture.images.http.image,
        display: { protocol: "http", port: fixture.images.http.port, unix_socket: false, path: "/" },
      });
    const start = (sessionId: string, overrides: Partial<StartSessionData> = {}, run = operation()) =>
      driver.start({ sessionId, spec: spec(overrides) }, run);
    const wake = (sessionId: string, overrides: Partial<StartSessionData> = {}) =>
      driver.wake({ sessionId, spec: spec(overrides) }, operation());
    const end = (request: Partial<TerminateRequest> & { sessionId: string }) =>
      driver.terminate({ generation: 100, graceful: false, timeoutSeconds: 1, removeHome: null, ...request }, operation());
    const seen = async (sessionId: string) => (await driver.inventory()).sessions.find((session) => session.sessionId === sessionId);
    const must = <T>(value: T | undefined): T => {
      if (value === undefined) throw new Error("the session is not in the inventory");
      return value;
    };

    it("starts a session, tells the steps in order, lists it and opens its display", async () => {
      const sessionId = newSession();
      const run = operation();
      const facts = await start(sessionId, { generation: 3 }, run);
      expect(facts).toMatchObject({ sessionId, generation: 3, observed: "running", displayPort: 5900 });
      expect(run.steps).toEqual(["container_created", "container_started", "display_ready"]);
      expect(await seen(sessionId)).toMatchObject({
        generation: 3,
        observed: "running",
        containerId: facts.containerId,
        name: "test-session",
      });
      const display = await driver.openDisplay(sessionId);
      expect((await firstBytes(display)).slice(0, 12)).toBe("RFB 003.008\n");
      display.destroy();
    });

    it("opens the same display for several viewers at once", async () => {
      const sessionId = newSession();
      await start(sessionId);
      const displays = await Promise.all([1, 2, 3].map(() => driver.openDisplay(sessionId)));
      for (const display of displays) expect((await firstBytes(display)).slice(0, 4)).toBe("RFB ");
      for (const display of displays) display.destroy();
    });

    it("has a display that a look makes a small picture of, beside a viewer who stays", async () => {
      const sessionId = newSession();
      await start(sessionId);
      const viewer = await driver.openDisplay(sessionId);
      await firstBytes(viewer);
      const display = await driver.openDisplay(sessionId);
      const picture = await lookAtDisplay(display, 320);
      display.destroy();
      expect(picture.width).toBe(320);
      expect(picture.rgb).toHaveLength(picture.width * picture.height * 3);
      expect(viewer.destroyed).toBe(false);
      viewer.destroy();
    });

    it("gives a session that runs other limits, and leaves what runs in it alone", async () => {
      const sessionId = newSession();
      const { containerId } = await start(sessionId, { generation: 2 });
      const display = await driver.openDisplay(sessionId);
      await firstBytes(display);
      const resize = (memory: string, cpu: string, generation = 2) =>
        driver.resize({ sessionId, generation, resources: { memory, cpu } }, operation());
      for (const _twice of [1, 2]) expect(await resize("1Gi", "1500m")).toMatchObject({ containerId, observed: "running" });
      expect(await fixture.limits(driver, must(await seen(sessionId)))).toEqual({ memoryBytes: 2 ** 30, millicores: 1500 });
      expect(display.destroyed).toBe(false);
      display.destroy();
      expect(await codeOf(resize("2Gi", "1", 1))).toBe("COMMAND_SUPERSEDED");
      await driver.hibernate({ sessionId, generation: 2, mode: "stop" }, operation());
      expect(await codeOf(resize("2Gi", "1"))).toBe("SESSION_NOT_RUNNING");
    });

    it("adopts what is there when a start comes again", async () => {
      const sessionId = newSession();
      const first = await start(sessionId);
      const again = await start(sessionId);
      expect(again.containerId).toBe(first.containerId);
    });

    it("refuses an older generation and replaces it by a newer one", async () => {
      const sessionId = newSession();
      const first = await start(sessionId, { generation: 5 });
      expect(await codeOf(start(sessionId, { generation: 4 }))).toBe("COMMAND_SUPERSEDED");
      expect(await codeOf(driver.hibernate({ sessionId, generation: 4, mode: "stop" }, operation()))).toBe("COMMAND_SUPERSEDED");
      expect(await codeOf(end({ sessionId, generation: 4 }))).toBe("COMMAND_SUPERSEDED");
      const newer = await start(sessionId, { generation: 6 });
      expect(newer.containerId).not.toBe(first.containerId);
      expect((await driver.inventory()).sessions.filter((session) => session.sessionId === sessionId)).toHaveLength(1);
    });

    it("hibernates by stopping and wakes with a newer generation around the same home", async () => {
      const volume = newHome();
      const home = { volume, path: "/home/user" };
      const sessionId = newSession(volume);
      await start(sessionId, { home });
      const stopped = await driver.hibernate({ sessionId, generation: 1, mode: "stop" }, operation());
      expect(stopped.observed).toBe("stopped");
      expect(await seen(sessionId)).toMatchObject({ observed: "stopped", reason: null });
      expect(await codeOf(driver.openDisplay(sessionId))).toBe("SESSION_NOT_RUNNING");
      expect(await driver.hibernate({ sessionId, generation: 1, mode: "stop" }, operation())).toMatchObject({ observed: "stopped" });
      expect(await wake(sessionId, { home, generation: 2 })).toMatchObject({ observed: "running", generation: 2 });
      expect((await driver.inventory()).homes.map((each) => each.volume)).toContain(volume);
    });

    it("hibernates by freezing and wakes the same container with a newer generation", async () => {
      const sessionId = newSession();
      const first = await start(sessionId);
      expect(await driver.hibernate({ sessionId, generation: 1, mode: "freeze" }, operation())).toMatchObject({ observed: "frozen" });
      expect(await seen(sessionId)).toMatchObject({ observed: "frozen" });
      expect(await codeOf(driver.openDisplay(sessionId))).toBe("SESSION_NOT_RUNNING");
      const awake = await wake(sessionId, { generation: 2 });
      expect(awake).toMatchObject({ observed: "running", generation: 2, containerId: first.containerId });
      expect(await seen(sessionId)).toMatchObject({ observed: "running", generation: 2 });
      expect(await codeOf(driver.hibernate({ sessionId, generation: 1, mode: "stop" }, operation()))).toBe("COMMAND_SUPERSEDED");
    });

    it("ends a frozen session", async () => {
      const sessionId = newSession();
      await start(sessionId);
      await driver.hibernate({ sessionId, generation: 1, mode: "freeze" }, operation());
      expect(await end({ sessionId, graceful: true })).toMatchObject({ observed: "removed" });
      expect(await seen(sessionId)).toBeUndefined();
    });

    it("ends a session once, twice and where there is none, and keeps its home unless told to remove it", async () => {
      const volume = newHome();
      const sessionId = newSession(volume);
      await start(sessionId, { home: { volume, path: "/home/user" } });
      expect(await codeOf(driver.deleteHome(volume))).toBe("HOME_IN_USE");
      expect(await end({ sessionId, graceful: true, timeoutSeconds: 5 })).toMatchObject({ observed: "removed" });
      expect((await driver.inventory()).homes.map((each) => each.volume)).toContain(volume);
      await end({ sessionId, removeHome: volume });
      await end({ sessionId: newSession() });
      expect((await driver.inventory()).homes.map((each) => each.volume)).not.toContain(volume);
      await driver.deleteHome(volume);
    });

    it("leaves nothing behind of a start that fails, but a home that was there before", async () => {
      const fresh = newHome();
      const sessionId = newSession(fresh);
      expect(await codeOf(start(sessionId, { image: fixture.images.missing, home: { volume: fresh, path: "/home/user" } }))).toMatch(
        /^IMAGE_/,
      );
      const old = newHome();
      const other = newSession(old);
      await start(other, { home: { volume: old, path: "/home/user" } });
      await end({ sessionId: other });
      await codeOf(start(other, { image: fixture.images.missing, home: { volume: old, path: "/home/user" }, generation: 2 }));
      const { sessions, homes } = await driver.inventory();
      expect(sessions.filter((session) => used.has(session.sessionId))).toEqual([]);
      const volumes = homes.map((each) => each.volume);
      expect(volumes).not.toContain(fresh);
      expect(volumes).toContain(old);
    });

    it("ends a start that is cancelled, with the reason, and leaves nothing behind", async () => {
      const volume = newHome();
      const sessionId = newSession(volume);
      const run = operation();
      const starting = codeOf(start(sessionId, { image: fixture.images.slow, home: { volume, path: "/home/user" } }, run));
      await vi.waitFor(() => expect(run.steps).toContain("container_started"), { timeout: 20_000 });
      run.abort.abort(new BerthError("COMMAND_CANCELLED", "cancelled by a test"));
      expect(await starting).toBe("COMMAND_CANCELLED");
      expect(await seen(sessionId)).toBeUndefined();
      expect((await driver.inventory()).homes.map((each) => each.volume)).not.toContain(volume);
    });

    it("tells of a container that was killed and of one that was removed from outside, and of nothing that it did itself", async () => {
      const told: SeenSession[] = [];
      const unwatch = driver.watch({ observed: (session) => void told.push(session), engineReturned: () => {} });
      const own = newSession();
      await start(own);
      await driver.hibernate({ sessionId: own, generation: 1, mode: "freeze" }, operation());
      await end({ sessionId: own });
      const killed = newSession();
      await start(killed, { generation: 2 });
      await fixture.kill(driver, must(await seen(killed)));
      await vi.waitFor(() => expect(told.some((session) => session.sessionId === killed && session.observed === "failed")).toBe(true), {
        timeout: 10_000,
      });
      expect(told.find((session) => session.sessionId === killed)).toMatchObject({
        generation: 2,
        reason: expect.stringContaining("137"),
        errorCode: "CONTAINER_EXITED",
      });
      expect(await seen(killed)).toMatchObject({ observed: "failed", reason: expect.stringContaining("exit code 137") });
      expect(await wake(killed, { generation: 3 })).toMatchObject({ observed: "running" });

      const vanished = newSession();
      await start(vanished, { generation: 4 });
      await fixture.remove(driver, must(await seen(vanished)));
      await vi.waitFor(() => expect(told.some((session) => session.sessionId === vanished && session.observed === "removed")).toBe(true), {
        timeout: 10_000,
      });
      expect(told.find((session) => session.sessionId === vanished && session.observed === "removed")).toMatchObject({ generation: 4 });
      unwatch();
      expect(told.filter((session) => session.sessionId === own && session.observed !== "frozen")).toEqual([]);
    });

    it("carries HTTP to a port of the container, and offers no RFB display of it", async () => {
      const sessionId = newSession();
      await driver.start({ sessionId, spec: web() }, operation());
      const port = await driver.openPort(sessionId, fixture.images.http.port);
      port.write("GET / HTTP/1.1\r\nhost: app\r\nconnection: close\r\n\r\n");
      expect(await firstBytes(port)).toMatch(/^HTTP\/1\.1 200 /);
      port.destroy();
      expect(await codeOf(driver.openDisplay(sessionId))).toBe("DISPLAY_PROTOCOL_MISMATCH");
    });

    logContract({
      driver: () => driver,
      session: newSession,
      start,
      wake,
      end,
      ...{ operation, codeOf },
      print: async (sessionId, line) => fixture.print(driver, must(await seen(sessionId)), line),
    });

    it("says of sessions that it does not have that they are not there", async () => {
      const sessionId = newSession();
      expect(await codeOf(driver.openDisplay(sessionId))).toBe("SESSION_NOT_FOUND");
      expect(await codeOf(driver.openPort(sessionId, 80))).toBe("SESSION_NOT_FOUND");
      expect(await codeOf(driver.hibernate({ sessionId, generation: 1, mode: "stop" }, operation()))).toBe("SESSION_NOT_RUNNING");
    });

    it("removes an orphan by its container, once and again", async () => {
      const sessionId = newSession();
      const { containerId } = await start(sessionId);
      await driver.removeOrphan(containerId ?? "");
      await driver.removeOrphan(containerId ?? "");
      expect(await seen(sessionId)).toBeUndefined();
    });

    it("counts what runs, and knows the host's size and load", async () => {
      const before = (await driver.capacity()).currentSessions;
      const sessionId = newSession();
      await start(sessionId);
      const capacity = await driver.capacity();
      expect(capacity.currentSessions).toBe(before + 1);
      expect(capacity.cores).toBeGreaterThan(0);
      expect(capacity.memoryGiB).toBeGreaterThan(0);
      expect(await driver.usage()).toMatchObject({ cpu: expect.any(Number), memory: expect.any(Number) });
      expect(await driver.health()).toEqual({ ok: true });
    });
  });
}
