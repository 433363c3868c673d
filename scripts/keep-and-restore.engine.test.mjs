import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { buildAll } from "./lib/build.mjs";
import { makeBerth, printedPassword } from "./testing/started-berth.mjs";

let berth;

beforeAll(() => buildAll(), 180_000);
beforeEach(async () => {
  berth = await makeBerth();
});
afterEach(() => berth.end());

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

test("a word that is not understood is named before anything is done, and a user that is not there", async () => {
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
