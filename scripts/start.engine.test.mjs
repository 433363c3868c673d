import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { buildAll } from "./lib/build.mjs";
import { makeBerth, printedPassword, processesOf } from "./testing/started-berth.mjs";

let berth;

beforeAll(() => buildAll(), 180_000);
beforeEach(async () => {
  berth = await makeBerth();
});
afterEach(() => berth.end());

test("it prints an address and a password that work, its agent comes online, and TERM ends everything", async () => {
  const run = berth.start();
  await run.said("Berth is at");
  const password = printedPassword(run);
  const { status, body } = await berth.signIn(password);
  expect(status).toBe(200);
  await vi.waitFor(async () => expect(await berth.localAgent(body.token)).toBe("online"), { timeout: 20_000, interval: 200 });
  expect(readdirSync(berth.folder)).not.toContain("first-admin-password");

  run.child.kill("SIGTERM");
  const [code] = await run.ended;
  expect(code).toBe(0);
  expect(processesOf(berth.folder)).toEqual([]);
  expect(await berth.answers()).toBeNull();
}, 300_000);

test("killed without warning, it leaves nothing running for long, and starts again with everything that was there", async () => {
  const first = berth.start();
  await first.said("Berth is at");
  const password = printedPassword(first);
  first.child.kill("SIGKILL");
  await first.ended;
  await vi.waitFor(async () => expect(await berth.answers()).toBeNull(), { timeout: 20_000, interval: 100 });
  const again = berth.start();
  await again.said("Berth is at");
  expect((await berth.signIn(password)).status).toBe(200);
  expect(again.lines.join("\n")).not.toContain("with the password");
}, 300_000);

test("the control plane killed together with its script leaves a database behind, which the next start takes care of", async () => {
  const first = berth.start();
  await first.said("Berth is at");
  const password = printedPassword(first);
  const server = processesOf(berth.folder).find((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("dist/server.mjs"));
  first.child.kill("SIGKILL");
  process.kill(Number(server), "SIGKILL");
  await first.ended;
  const again = berth.start();
  await again.said("Berth is at");
  expect((await berth.signIn(password)).status).toBe(200);
}, 300_000);

test("one Ctrl-C, which npm passes on once more, lets everything end in good order", async () => {
  const run = berth.start();
  await run.said("Berth is at");
  run.child.stdout.on("data", (text) => {
    if (String(text).includes("Stopping")) run.child.kill("SIGINT");
  });
  run.child.kill("SIGINT");
  const [code] = await run.ended;
  expect(code).toBe(0);
  expect(run.lines.join("\n")).toContain("✓ Stopped");
  expect(processesOf(berth.folder)).toEqual([]);
}, 300_000);

test("when npm is killed, everything it started ends", async () => {
  const run = berth.start({ command: "npm", args: ["start"] });
  await run.said("Berth is at");
  run.child.kill("SIGKILL");
  await run.ended;
  await vi.waitFor(() => expect(processesOf(berth.folder)).toEqual([]), { timeout: 40_000, interval: 200 });
}, 300_000);

test("a port in use is named at once", async () => {
  const taken = createServer().listen(berth.port, "127.0.0.1");
  await once(taken, "listening");
  berth.onEnd(() => taken.close());
  const run = berth.start();
  const [code] = await run.ended;
  expect(code).toBe(1);
  expect(run.lines.join("\n")).toContain(`Port ${berth.port} on 127.0.0.1 is in use`);
});
