import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { startNode } from "./children.mjs";
import { inRoot } from "./paths.mjs";
import { markLives, processMark } from "./process-table.mjs";

let folder;
const ends = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "berth-children-"));
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  rmSync(folder, { recursive: true, force: true });
});

function start(program, onLine) {
  const child = startNode({ name: "test", args: ["-e", program], env: {}, logFile: join(folder, "test.log"), onLine });
  ends.push(() => child.end(100));
  return child;
}

test("a program's lines are seen and kept in its log, and the log of the run before stays", async () => {
  const lines = [];
  await start('console.log("first run")', (line) => lines.push(line)).ended;
  await start('console.log("second run"); process.exit(3)').ended;
  expect(lines).toEqual(["first run"]);
  await vi.waitFor(() => expect(readFileSync(join(folder, "test.log"), "utf8")).toBe("second run\n"));
  expect(readFileSync(join(folder, "test.log.1"), "utf8")).toBe("first run\n");
});

test("a program is told to end, and given no more time than it has", async () => {
  const lines = [];
  const polite = start(
    'process.on("SIGTERM", () => { console.log("goodbye"); process.exit(0); }); console.log("up"); setInterval(() => {}, 1000)',
    (line) => lines.push(line),
  );
  await vi.waitFor(() => expect(lines).toEqual(["up"]));
  await polite.end();
  expect(lines).toEqual(["up", "goodbye"]);

  const deaf = start('process.on("SIGTERM", () => {}); console.log("deaf"); setInterval(() => {}, 1000)', (line) => lines.push(line));
  await vi.waitFor(() => expect(lines).toContain("deaf"));
  await deaf.end(50);
  expect(await deaf.ended).toBe("signal SIGKILL");
});

test("when the script that started a program is killed, the program ends by itself", async () => {
  const script = join(folder, "script.mjs");
  writeFileSync(
    script,
    `import { startNode } from ${JSON.stringify(inRoot("scripts/lib/children.mjs"))};
     const child = startNode({ name: "orphan", args: ["-e", "console.log(process.pid); setInterval(() => {}, 1000)"], env: {},
       logFile: ${JSON.stringify(join(folder, "orphan.log"))}, onLine: (line) => console.log(line) });`,
  );
  const parent = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(parent.stdout, "data");
  const mark = processMark(Number(String(line)));
  expect(mark).not.toBeNull();
  parent.kill("SIGKILL");
  await vi.waitFor(() => expect(markLives(mark)).toBe(false));
});
