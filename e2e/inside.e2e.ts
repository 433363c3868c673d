import { type ChildProcess, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "@playwright/test";
import { z } from "zod";
import { api } from "./stack/api";
import { countContainers, execIn, imageLike, imageOf, removeImage } from "./stack/engine";
import { test } from "./stack/journey";
import { stackUrl } from "./stack/people";
import { addressOf, adminPassword, root } from "./stack/stack";

const updatesAnswer = z.object({
  update: z.unknown(),
  history: z.array(z.object({ status: z.string(), reason: z.string().nullable() })),
});

test("an image that does not become healthy is rolled back by itself with home and variables kept; one that does is kept", async () => {
  const berth = api(stackUrl());
  const { id } = await berth.createSession({ template: "scratchpad" });
  await berth.untilPhase(id, "Running");
  const lastUpdate = async () => {
    const { update, history } = updatesAnswer.parse(await berth.container("GET", id, "/versions"));
    return update === null ? (history[0] ?? null) : null;
  };
  try {
    await imageLike("berth/scratchpad:1", "berth/scratchpad", "broken", ["false"]);
    await imageLike("berth/scratchpad:1", "berth/scratchpad", "next");
    await berth.container("PATCH", id, "/env", { env: { TEAM: "blue" }, restart: true });
    await berth.untilPhase(id, "Running");
    await execIn(id, "sh", "-c", "echo kept > /home/user/note");

    await berth.container("POST", id, "/update-version", { tag: "broken" });
    await expect.poll(lastUpdate, { timeout: 60_000 }).toMatchObject({ status: "rolled_back", reason: expect.stringMatching(/\S/) });
    await berth.untilPhase(id, "Running");
    expect(await imageOf(id)).toBe("berth/scratchpad:1");

    await berth.container("POST", id, "/update-version", { tag: "next" });
    await expect.poll(lastUpdate, { timeout: 60_000 }).toMatchObject({ status: "done" });
    expect(await imageOf(id)).toBe("berth/scratchpad:next");
    expect(await execIn(id, "sh", "-c", "cat /home/user/note; echo $TEAM")).toBe("kept\nblue\n");
    expect(await countContainers(id)).toBe(1);
  } finally {
    await berth.call("DELETE", `/sessions/${id}`);
    await expect.poll(() => countContainers(id), { timeout: 30_000 }).toBe(0);
    for (const tag of ["broken", "next"]) await removeImage(`berth/scratchpad:${tag}`);
  }
});

test("a session that its own probe finds unhealthy is restarted, once, with its home", async () => {
  const berth = api(stackUrl());
  await berth.call("POST", "/templates", {
    name: "probed-pad",
    display_name: "Probed pad",
    category: "Web Apps",
    image: "berth/scratchpad:1",
    display: { protocol: "http", port: 8080 },
    default_resources: { memory: "256Mi", cpu: "500m" },
    health: {
      probes: [{ type: "exec", argv: ["test", "!", "-e", "/tmp/sick"] }],
      interval_seconds: 5,
      failure_threshold: 1,
      start_period_seconds: 0,
      on_unhealthy: "restart",
      backoff_seconds: 1,
    },
  });
  const { id } = await berth.createSession({ template: "probed-pad" });
  await berth.untilPhase(id, "Running");
  await execIn(id, "sh", "-c", "echo kept > /home/user/note; touch /tmp/sick");
  // While it is made anew there is no container to ask.
  const inside = () => execIn(id, "sh", "-c", "cat /home/user/note; ls /tmp").catch(() => "");
  await expect.poll(inside, { timeout: 45_000 }).toBe("kept\n");
  await berth.untilPhase(id, "Running");
  expect(await countContainers(id)).toBe(1);
  await berth.call("DELETE", `/sessions/${id}`);
});

test.describe("the command line on a real container", () => {
  let work: string;
  let environment: Record<string, string>;
  let id: string;

  test.beforeAll(async () => {
    work = mkdtempSync(join(tmpdir(), "berth-inside-e2e-"));
    const answer = await fetch(`${stackUrl()}/api/v1/auth/login`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-forwarded-for": addressOf("a command line") },
      body: JSON.stringify({ username: "admin", password: adminPassword }),
    });
    const { token } = z.object({ token: z.string() }).parse(await answer.json());
    environment = { BERTH_URL: stackUrl(), BERTH_TOKEN: token, XDG_CONFIG_HOME: work };
    ({ id } = await api(stackUrl()).createSession({ template: "scratchpad", name: "by-command-line" }));
    await api(stackUrl()).untilPhase(id, "Running");
  });
  test.afterAll(async () => {
    await api(stackUrl()).call("DELETE", `/sessions/${id}`);
    rmSync(work, { recursive: true, force: true });
  });

  const start = (...args: string[]): ChildProcess =>
    spawn(process.execPath, [join(root, "client/dist/berth.mjs"), ...args], { cwd: work, env: { ...process.env, ...environment } });

  /** Its exit code, and what it printed, bytes as they are. */
  async function berth(input: Buffer | string, ...args: string[]): Promise<{ code: number | null; out: Buffer; err: string }> {
    const child = start(...args);
    const parts: { out: Buffer[]; err: Buffer[] } = { out: [], err: [] };
    child.stdout?.on("data", (part: Buffer) => parts.out.push(part));
    child.stderr?.on("data", (part: Buffer) => parts.err.push(part));
    child.stdin?.end(input);
    const [code]: (number | null)[] = await once(child, "close");
    return { code: code ?? null, out: Buffer.concat(parts.out), err: Buffer.concat(parts.err).toString() };
  }

  test("berth exec gives a program its input and gives back its output, its errors and its exit code", async () => {
    const bytes = randomBytes(1_000_000);
    const echoed = await berth(bytes, "exec", "-i", "by-command-line", "--", "cat");
    expect(echoed).toMatchObject({ code: 0, err: "" });
    expect(echoed.out.equals(bytes)).toBe(true);
    const failing = await berth("", "exec", "by-command-line", "--", "sh", "-c", "id -un; echo trouble >&2; exit 7");
    expect({ ...failing, out: failing.out.toString() }).toEqual({ code: 7, out: "user\n", err: "trouble\n" });
  });

  test("berth cp takes a folder in and out again byte for byte, with its modes", async () => {
    mkdirSync(join(work, "folder/deep er"), { recursive: true });
    const large = randomBytes(3_000_000);
    writeFileSync(join(work, "folder/large"), large);
    writeFileSync(join(work, "folder/deep er/ünï"), "words");
    writeFileSync(join(work, "folder/run.sh"), "#!/bin/sh\necho ran\n", { mode: 0o755 });
    expect(await berth("", "cp", "-r", "folder", "by-command-line:copied")).toMatchObject({ code: 0 });
    const sum = createHash("sha256").update(large).digest("hex");
    expect(await execIn(id, "sh", "-c", "cd copied && sha256sum large && cat 'deep er/ünï' && ./run.sh")).toBe(`${sum}  large\nwordsran\n`);
    expect(await berth("", "cp", "-r", "by-command-line:copied", "back")).toMatchObject({ code: 0 });
    expect(readFileSync(join(work, "back/large")).equals(large)).toBe(true);
    expect(readFileSync(join(work, "back/deep er/ünï"), "utf8")).toBe("words");
    const missing = await berth("", "cp", "by-command-line:nowhere", ".");
    expect(missing.code).not.toBe(0);
    expect(missing.err).toContain("nowhere");
  });

  test("berth port-forward reaches what listens in the container, and stops with Ctrl-C", async () => {
    const forwarding = start("port-forward", "by-command-line", "0:8080");
    const ended = once(forwarding, "exit");
    let said = "";
    forwarding.stdout?.on("data", (part: Buffer) => {
      said += part.toString();
    });
    await expect.poll(() => said).toMatch(/127\.0\.0\.1:\d+ -> 8080/);
    const port = /127\.0\.0\.1:(\d+)/.exec(said)?.[1];
    const answer = await fetch(`http://127.0.0.1:${port}/`);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain("Scratchpad");
    forwarding.kill("SIGINT");
    expect(await ended).toEqual([130, null]);
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
  });
});
