import { spawn } from "node:child_process";
import { homedir } from "node:os";
import { join } from "node:path";
import { ask } from "./ask";
import { ownTerminal } from "./own-terminal";
import { runCli } from "./run-cli";

const interrupted = new AbortController();
process.once("SIGINT", () => interrupted.abort());
// Whoever reads has read enough: `berth sessions list | head`.
process.stdout.on("error", () => process.exit(0));

process.exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  configDir: process.env.XDG_CONFIG_HOME || join(homedir(), ".config"),
  out: (text) => void process.stdout.write(`${text}\n`),
  err: (text) => void process.stderr.write(`${text}\n`),
  terminal: process.stdout.isTTY ? { columns: process.stdout.columns || 80 } : null,
  streams: { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, terminal: ownTerminal() },
  ask,
  openBrowser: (url) =>
    new Promise((resolve, reject) => {
      const opener = process.platform === "darwin" ? "open" : "xdg-open";
      const child = spawn(opener, [url], { stdio: "ignore", detached: true });
      child.once("error", () => reject(new Error(`No browser could be opened: ${opener} is not there`)));
      child.once("spawn", () => {
        child.unref();
        resolve();
      });
    }),
  signal: interrupted.signal,
});
// A pipe that somebody holds open would keep the program, and so would a terminal that was read.
process.stdin.destroy();
