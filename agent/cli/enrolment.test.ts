import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../clock";
import { createLog } from "../log";
import { FakeControlPlane } from "../testing/fake-control-plane";
import { lockDataDir } from "./data-dir-lock";
import { enrol } from "./enrolment";
import type { AgentSettings } from "./options";

const plane = new FakeControlPlane();
let dataDir: string;
beforeEach(async () => {
  plane.registrations.length = 0;
  await plane.listen();
  dataDir = await mkdtemp(join(tmpdir(), "berth-agent-"));
});
afterEach(async () => {
  await plane.close();
  await rm(dataDir, { recursive: true, force: true });
});

const settings = (overrides: Partial<AgentSettings> = {}): AgentSettings => ({
  url: plane.url,
  name: "host-1",
  dataDir,
  token: { value: plane.registrationToken },
  caSha256: undefined,
  driver: "memory",
  dockerHost: undefined,
  dockerTls: undefined,
  region: undefined,
  labels: {},
  limits: {},
  logLevel: "silent",
  insecure: false,
  ...overrides,
});
const parts = (wait: (ms: number) => Promise<void> = () => Promise.reject(new Error("it was not to wait"))) => ({
  log: createLog("silent"),
  clock: systemClock,
  wait,
});

describe("enrolment", () => {
  it("registers once and keeps the credential for the agent alone", async () => {
    const first = await enrol(settings(), parts());
    const second = await enrol(settings({ token: null }), parts());
    expect(second.kept).toEqual(first.kept);
    expect(first.credentials.tls()).toMatchObject({ cert: first.kept.certificate?.cert, key: first.kept.key });
    expect(plane.registrations).toEqual([{ token: plane.registrationToken, name: "host-1" }]);
    expect((await stat(join(dataDir, "credential.json"))).mode & 0o777).toBe(0o600);
  });

  it("takes the token from a file, and closes a credential that was open to others", async () => {
    const file = join(dataDir, "token");
    await writeFile(file, `${plane.registrationToken}\n`);
    await enrol(settings({ token: { file } }), parts());
    await chmod(join(dataDir, "credential.json"), 0o644);
    await enrol(settings(), parts());
    expect((await stat(join(dataDir, "credential.json"))).mode & 0o777).toBe(0o600);
  });

  it.each([
    ["a token that was used", { token: { value: "other" } }, "used already"],
    ["no token", { token: null }, "needs a registration token"],
    ["a token file that is not there", { token: { file: "/nonexistent/token" } }, "/nonexistent/token"],
  ])("says what to do about %s", async (_what, overrides, words) => {
    await expect(enrol(settings(overrides), parts())).rejects.toThrow(words);
  });

  it("does not take another agent's data folder, nor a broken credential", async () => {
    await enrol(settings(), parts());
    await expect(enrol(settings({ name: "host-2" }), parts())).rejects.toThrow("belongs to agent 'host-1'");
    await writeFile(join(dataDir, "credential.json"), "{");
    await expect(enrol(settings(), parts())).rejects.toThrow("is broken");
  });

  it("waits for a control plane that does not answer yet", async () => {
    const { port } = plane.url;
    await plane.close();
    let waits = 0;
    const { kept } = await enrol(
      settings(),
      parts(async () => {
        if (++waits === 2) await plane.listen(Number(port));
      }),
    );
    expect(waits).toBe(2);
    expect(kept.name).toBe("host-1");
  });
});

describe("the lock of a data folder", () => {
  it("is taken over from a process that is gone, and not from one that lives", async () => {
    const unlock = await lockDataDir(dataDir);
    expect(await readFile(join(dataDir, "agent.pid"), "utf8")).toMatch(new RegExp(`^${process.pid} \\d+$`));
    await unlock();
    await writeFile(join(dataDir, "agent.pid"), "1 12345");
    await (await lockDataDir(dataDir))();
    const parent = await readFile(`/proc/${process.ppid}/stat`, "utf8");
    const start = parent.slice(parent.lastIndexOf(")") + 2).split(" ")[19];
    await writeFile(join(dataDir, "agent.pid"), `${process.ppid} ${start}`);
    await expect(lockDataDir(dataDir)).rejects.toThrow(`process id ${process.ppid} already uses`);
  });
});
