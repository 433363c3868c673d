import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
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

test("what runs is backed up, given a new authority and a new password; the backup starts elsewhere as it was", async () => {
  const dataDir = join(berth.folder, "first");
  const run = berth.start({ dataDir });
  await run.said("Berth is at");
  const password = printedPassword(run);
  const { body } = await berth.signIn(password);

  const backup = await berth.finish("backup.mjs", ["kept.tar.gz"], { dataDir, cwd: berth.folder });
  expect(backup).toEqual({ code: 0, said: expect.stringContaining(`Wrote ${join(berth.folder, "kept.tar.gz")}`) });
  const again = await berth.finish("backup.mjs", ["kept.tar.gz"], { dataDir, cwd: berth.folder });
  expect(again).toEqual({ code: 1, said: expect.stringContaining("is there already") });

  const rotated = await berth.finish("ca-rotate.mjs", [], { dataDir });
  expect(rotated).toEqual({ code: 0, said: expect.stringMatching(/new authority has the SHA-256 \S+/) });
  await vi.waitFor(async () => expect(await berth.localAgent(body.token)).toBe("online"), { timeout: 20_000, interval: 200 });

  const nobody = await berth.finish("admin-reset.mjs", ["nobody"], { dataDir });
  expect(nobody).toEqual({
    code: 1,
    said: expect.stringMatching(/The password was not changed: .*nobody.*npm run admin:reset -- USERNAME/),
  });
  const reset = await berth.finish("admin-reset.mjs", [], { dataDir });
  const newPassword = /New password of admin: (\S+)/.exec(reset.said)?.[1];
  expect(newPassword).toBeTruthy();
  expect(await berth.localAgent(body.token)).toBeUndefined();
  expect((await berth.signIn(password)).status).toBe(401);
  expect((await berth.signIn(newPassword)).status).toBe(200);
  run.child.kill("SIGTERM");
  await run.ended;

  const elsewhere = join(berth.folder, "elsewhere");
  const over = await berth.finish("restore.mjs", ["kept.tar.gz"], { dataDir, cwd: berth.folder });
  expect(over).toEqual({ code: 1, said: expect.stringContaining("is not empty") });
  const restored = await berth.finish("restore.mjs", ["kept.tar.gz"], { dataDir: elsewhere, cwd: berth.folder });
  expect(restored).toEqual({ code: 0, said: expect.stringContaining(`Restored into ${elsewhere} (users: 1, sessions: 0)`) });
  const second = berth.start({ dataDir: elsewhere });
  await second.said("Berth is at");
  expect((await berth.signIn(newPassword)).status).toBe(401);
  expect((await berth.signIn(password)).status).toBe(200);
}, 300_000);

test("a word that is not understood is named before anything is done", async () => {
  for (const [script, words, word] of [
    ["backup.mjs", ["one.tar.gz", "two.tar.gz"], "two.tar.gz"],
    ["backup.mjs", ["--file=one.tar.gz"], "--file=one.tar.gz"],
    ["restore.mjs", ["one.tar.gz", "/elsewhere"], "/elsewhere"],
    ["admin-reset.mjs", ["admin", "new-password"], "new-password"],
    ["ca-rotate.mjs", ["now"], "now"],
  ]) {
    const { code, said } = await berth.finish(script, words);
    expect({ script, code, said }).toEqual({
      script,
      code: 1,
      said: expect.stringContaining(`'${word}' is not understood. Usage: npm run `),
    });
  }
  expect(await berth.finish("restore.mjs")).toEqual({ code: 64, said: expect.stringContaining("Usage: npm run restore -- FILE") });
  expect(readdirSync(berth.folder)).toEqual([]);
});
