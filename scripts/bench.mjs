#!/usr/bin/env node
// `npm run bench -- relay|start|ui|api|fleet|terminal|files [--quick]`: builds one bench, runs it, prints its tables. A full run also writes them between that bench's
// markers in docs/benchmarks.md, and its numbers to bench/results/<name>.json; a quick or partial one changes no file.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const names = ["relay", "start", "ui", "api", "fleet", "terminal", "files"];
const [name, ...rest] = process.argv.slice(2);

if (!names.includes(name)) {
  console.error(`Say which bench: npm run bench -- ${names.join("|")} [--quick]`);
  process.exit(2);
}
if (process.platform !== "linux") {
  console.error("The benches read /proc: they run on Linux.");
  process.exit(2);
}
if (!existsSync(join(root, "node_modules", "esbuild"))) {
  console.error("Nothing is installed yet: run `npm ci` first.");
  process.exit(2);
}

const { build } = await import("esbuild");
const source = join(root, "bench", name);
const built = join(root, "dist", "bench", name);
await build({
  entryPoints: readdirSync(source)
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .map((file) => join(source, file)),
  outdir: built,
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  packages: "external",
  tsconfig: join(root, "tsconfig.base.json"),
  logLevel: "warning",
});

const partial = ["--quick", "--chains", "--phases", "--profile", "--pages", "--warm", "--rungs", "--storm", "--floor"].some((flag) =>
  rest.includes(flag),
);
const folder = mkdtempSync(join(tmpdir(), "berth-bench-out-"));
const markdownPath = join(folder, "section.md");
const written = partial ? [] : ["--markdown", markdownPath, "--json", join(root, "bench", "results", `${name}.json`)];
const child = spawn(process.execPath, [join(built, `${name}.js`), ...rest, ...written], { cwd: root, stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
const code = await new Promise((resolve) => child.on("exit", (status, signal) => resolve(status ?? (signal ? 1 : 0))));
if (code === 0 && !partial) {
  const path = join(root, "docs", "benchmarks.md");
  const [begin, end] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
  const text = readFileSync(path, "utf8");
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`docs/benchmarks.md lacks the markers ${begin} and ${end}`);
  writeFileSync(path, `${text.slice(0, from + begin.length)}\n\n${readFileSync(markdownPath, "utf8").trim()}\n\n${text.slice(to)}`);
}
rmSync(folder, { recursive: true, force: true });
process.exit(code);
