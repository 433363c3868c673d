import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { buildAll } from "./lib/build.mjs";
import { inRoot } from "./lib/paths.mjs";

let folder;
let port;
const ends = [];

beforeAll(() => buildAll(), 180_000);
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "berth-start-"));
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  port = probe.address().port;
  probe.close();
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  await vi.waitFor(() => expect(processesOf(folder)).toEqual([]), { timeout: 40_000, interval: 200 });
  rmSync(folder, { recursive: true, force: true });
});

/** Every process that has this run's data folder in its arguments or environment, ourselves apart. */
function processesOf(dataDir) {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false;
    try {
      return ["cmdline", "environ"].some((file) => readFileSync(`/proc/${pid}/${file}`, "utf8").includes(dataDir));
    } catch {
      return false;
    }
  });
}

/** `npm start` in its own folder and port; by npm itself where its end is what is tried. */
function start({ command = process.execPath, args = [inRoot("scripts/start.mjs")] } = {}) {
  const env = {
    ...process.env,
    DATA_DIR: folder,
    PORT: String(port),
    AGENT_TLS_PORT: "0",
    HOST: "127.0.0.1",
    PUBLIC_URL: "",
    DATABASE_URL: "",
    ADMIN_PASSWORD: "",
    NO_COLOR: "1",
  };
  const child = spawn(command, args, { cwd: inRoot(), env, stdio: ["ignore", "pipe", "pipe"] });
  const lines = [];
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", (line) => lines.push(line));
  const ended = once(child, "exit");
  ends.push(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
    await ended;
  });
  const said = (text) => vi.waitFor(() => expect(lines.join("\n")).toContain(text), { timeout: 120_000, interval: 100 });
  return { child, lines, said, ended };
}

const answers = () =>
  fetch(`http://127.0.0.1:${port}/healthz`).then(
    (answer) => answer.status,
    () => null,
  );

async function signIn(password) {
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/auth/login`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username: "admin", password }),
  });
  return { status: answer.status, body: await answer.json() };
}

async function localAgent(token) {
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/agents`, { headers: { authorization: `Bearer ${token}` } });
  const { agents } = await answer.json();
  return agents?.find((agent) => agent.agent_id === "local")?.status;
}

test("it prints an address and a password that work, its agent comes online, and TERM ends everything", async () => {
  const run = start();
  await run.said("Berth is at");
  const password = /with the password (\S+)/.exec(run.lines.join("\n"))?.[1];
  const { status, body } = await signIn(password);
  expect(status).toBe(200);
  await vi.waitFor(async () => expect(await localAgent(body.token)).toBe("online"), { timeout: 20_000, interval: 200 });
  expect(readdirSync(folder)).not.toContain("first-admin-password");

  run.child.kill("SIGTERM");
  const [code] = await run.ended;
  expect(code).toBe(0);
  expect(processesOf(folder)).toEqual([]);
  expect(await answers()).toBeNull();
}, 300_000);

test("killed without warning, it leaves nothing running for long, and starts again with everything that was there", async () => {
  const first = start();
  await first.said("Berth is at");
  const password = /with the password (\S+)/.exec(first.lines.join("\n"))?.[1];
  first.child.kill("SIGKILL");
  await first.ended;
  await vi.waitFor(async () => expect(await answers()).toBeNull(), { timeout: 20_000, interval: 100 });
  const again = start();
  await again.said("Berth is at");
  expect((await signIn(password)).status).toBe(200);
  expect(again.lines.join("\n")).not.toContain("with the password");
}, 300_000);

test("the control plane killed together with its script leaves a database behind, which the next start takes care of", async () => {
  const first = start();
  await first.said("Berth is at");
  const password = /with the password (\S+)/.exec(first.lines.join("\n"))?.[1];
  const server = processesOf(folder).find((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("dist/server.mjs"));
  first.child.kill("SIGKILL");
  process.kill(Number(server), "SIGKILL");
  await first.ended;
  const again = start();
  await again.said("Berth is at");
  expect((await signIn(password)).status).toBe(200);
}, 300_000);

test("one Ctrl-C, which npm passes on once more, lets everything end in good order", async () => {
  const run = start();
  await run.said("Berth is at");
  run.child.stdout.on("data", (text) => {
    if (String(text).includes("Stopping")) run.child.kill("SIGINT");
  });
  run.child.kill("SIGINT");
  const [code] = await run.ended;
  expect(code).toBe(0);
  expect(run.lines.join("\n")).toContain("✓ Stopped");
  expect(processesOf(folder)).toEqual([]);
}, 300_000);

test("when npm is killed, everything it started ends", async () => {
  const run = start({ command: "npm", args: ["start"] });
  await run.said("Berth is at");
  run.child.kill("SIGKILL");
  await run.ended;
  await vi.waitFor(() => expect(processesOf(folder)).toEqual([]), { timeout: 40_000, interval: 200 });
}, 300_000);

test("a port in use is named at once", async () => {
  const taken = createServer().listen(port, "127.0.0.1");
  await once(taken, "listening");
  ends.push(() => taken.close());
  const run = start();
  const [code] = await run.ended;
  expect(code).toBe(1);
  expect(run.lines.join("\n")).toContain(`Port ${port} on 127.0.0.1 is in use`);
});
