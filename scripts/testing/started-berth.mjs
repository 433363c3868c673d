/** What a person does with the scripts of a clone: in a folder and on a port of their own, and gone without a trace afterwards. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, vi } from "vitest";
import { inRoot } from "../lib/paths.mjs";

/** Every process that has this run's data folder in its arguments or environment, ourselves apart. */
export function processesOf(dataDir) {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false;
    try {
      return ["cmdline", "environ"].some((file) => readFileSync(`/proc/${pid}/${file}`, "utf8").includes(dataDir));
    } catch {
      return false;
    }
  });
}

/** An empty folder and a free port; `end` waits until nothing runs of what was started there, and removes the folder. */
export async function makeBerth() {
  const folder = mkdtempSync(join(tmpdir(), "berth-start-"));
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  const url = `http://127.0.0.1:${port}`;
  const ends = [];

  /** A script of ours by its file, or `npm`, on this folder and port. `lines` is what it says. */
  function run({ command = process.execPath, args, dataDir = folder, cwd = inRoot() }) {
    const env = {
      ...process.env,
      INIT_CWD: cwd,
      DATA_DIR: dataDir,
      PORT: String(port),
      AGENT_TLS_PORT: "0",
      HOST: "127.0.0.1",
      PUBLIC_URL: "",
      DATABASE_URL: "",
      ADMIN_PASSWORD: "",
      NO_COLOR: "1",
    };
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    const lines = [];
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", (line) => lines.push(line));
    const ended = once(child, "close");
    ends.push(async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
      await ended;
    });
    const said = (text) => vi.waitFor(() => expect(lines.join("\n")).toContain(text), { timeout: 120_000, interval: 100 });
    return { child, lines, said, ended };
  }

  return {
    folder,
    port,
    run,
    /** `npm start`; by npm itself where its end is what is tried. */
    start: ({ command, args = [inRoot("scripts/start.mjs")], dataDir } = {}) => run({ command, args, dataDir }),
    /** A script that ends by itself: its exit code, and all that it said. */
    async finish(script, words = [], options = {}) {
      const { ended, lines } = run({ args: [inRoot("scripts", script), ...words], ...options });
      const [code] = await ended;
      return { code, said: lines.join("\n") };
    },
    onEnd: (end) => ends.push(end),
    answers: () =>
      fetch(`${url}/healthz`).then(
        (answer) => answer.status,
        () => null,
      ),
    async signIn(password) {
      const answer = await fetch(`${url}/api/v1/auth/login`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ username: "admin", password }),
      });
      return { status: answer.status, body: await answer.json() };
    },
    /** What the control plane says of this machine's agent. */
    async localAgent(token) {
      const answer = await fetch(`${url}/api/v1/agents`, { headers: { authorization: `Bearer ${token}` } });
      const { agents } = await answer.json();
      return agents?.find((agent) => agent.agent_id === "local")?.status;
    },
    async end() {
      for (const end of ends.splice(0)) await end();
      await vi.waitFor(() => expect(processesOf(folder)).toEqual([]), { timeout: 40_000, interval: 200 });
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The first admin's, as `npm start` prints it once. */
export const printedPassword = ({ lines }) => /with the password (\S+)/.exec(lines.join("\n"))?.[1];
