/** The product as it ships, built, on a free port with a data folder of its own: control plane, embedded database, one agent. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import getPort from "get-port";
import { z } from "zod";

const READY_TIMEOUT_MS = 60_000;
const POLL_MS = 50;
/** What is measured asks more often than any person or script may. */
const unlimited = {
  API_REQUESTS_PER_MINUTE: "1000000000",
  API_SESSION_CREATES_PER_MINUTE: "1000000000",
  UI_REQUESTS_PER_MINUTE: "1000000000",
};

export interface Login {
  readonly username: string;
  readonly password: string;
}

export class BerthStack {
  #token = "";

  private constructor(
    readonly url: string,
    readonly login: Login,
    private readonly folder: string,
    private readonly programs: ChildProcess[],
    /** Nothing of its sessions outlives its agent. */
    private readonly inMemory: boolean,
  ) {}

  /** Resolves when an agent is online. `npm run build` must have been run in `root`. */
  static async start(root: string, agentArguments: readonly string[] = []): Promise<BerthStack> {
    const server = join(root, "dist", "server.mjs");
    const agent = join(root, "dist", "agent.mjs");
    for (const file of [server, agent]) if (!existsSync(file)) throw new Error(`${file} is missing: run \`npm run build\` first`);
    const folder = mkdtempSync(join(tmpdir(), "berth-bench-"));
    const port = await getPort();
    const login = { username: "admin", password: randomBytes(12).toString("hex") };
    const stack = new BerthStack(`http://localhost:${port}`, login, folder, [], agentArguments.includes("memory"));
    const { dataDir } = stack;
    const tokenFile = join(folder, "agent-token");
    try {
      const own = { PORT: String(port), DATA_DIR: dataDir, ADMIN_PASSWORD: login.password, BERTH_LOCAL_AGENT_TOKEN_FILE: tokenFile };
      const unset = { AGENT_TLS_PORT: "0", DATABASE_URL: "", PUBLIC_URL: "", AGENT_PUBLIC_URL: "", HOST: "", TLS_CERT: "", TLS_KEY: "" };
      stack.#run(root, [server], { ...own, ...unset, NODE_ENV: "production", LOG_LEVEL: "warn", ...unlimited });
      await until("the control plane is ready", async () => (await fetch(`${stack.url}/healthz`)).ok);
      const agentFiles = ["--data-dir", join(dataDir, "agent"), "--token-file", tokenFile];
      stack.#run(root, [agent, "--url", stack.url, "--name", "local", ...agentFiles, ...agentArguments], { LOG_LEVEL: "warn" });
      const { token } = await stack.call("POST", "/auth/login", { ...login }, z.object({ token: z.string() }));
      stack.#token = token;
      const agents = z.object({ agents: z.array(z.object({ status: z.string() })) });
      await until("an agent is online", async () =>
        (await stack.call("GET", "/agents", null, agents)).agents.some((one) => one.status === "online"),
      );
      return stack;
    } catch (error) {
      await stack.stop();
      throw error;
    }
  }

  get dataDir(): string {
    return join(this.folder, "data");
  }

  /** Of the control plane; its database is its child. */
  get controlPlanePid(): number {
    const pid = this.programs[0]?.pid;
    if (pid === undefined) throw new Error("the control plane does not run");
    return pid;
  }

  get agentPid(): number {
    const pid = this.programs[1]?.pid;
    if (pid === undefined) throw new Error("the agent does not run");
    return pid;
  }

  get token(): string {
    return this.#token;
  }

  get authorization(): string {
    return `Bearer ${this.#token}`;
  }

  /** A request to `/api/v1`, as the signed-in administrator. Throws with the answer's text when it isn't a success. */
  async call<Output>(method: string, path: string, body: object | null, output: z.ZodType<Output>): Promise<Output> {
    const response = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: { ...(this.#token ? { authorization: this.authorization } : {}), ...(body ? { "content-type": "application/json" } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return output.parse(text === "" ? null : JSON.parse(text));
  }

  /** Ends its sessions, where they would be left in an engine, then its programs. */
  async stop(): Promise<void> {
    if (!this.inMemory)
      await this.#endSessions().catch((error: unknown) => process.stderr.write(`sessions may be left in the engine: ${String(error)}\n`));
    for (const program of [...this.programs].reverse()) {
      if (program.exitCode !== null || program.signalCode !== null) continue;
      const ended = once(program, "exit");
      program.kill("SIGTERM");
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #endSessions(): Promise<void> {
    if (!this.#token) return;
    const listed = z.object({ sessions: z.array(z.object({ id: z.string() })) });
    const live = async () => (await this.call("GET", "/sessions?live=true&limit=100", null, listed)).sessions;
    for (const { id } of await live()) await this.call("DELETE", `/sessions/${id}`, null, z.unknown()).catch(() => {});
    await until("its sessions have ended", async () => (await live()).length === 0);
  }

  #run(root: string, args: readonly string[], settings: Readonly<Record<string, string>>): void {
    const program = spawn(process.execPath, args, {
      cwd: root,
      env: { ...process.env, ...settings },
      stdio: ["ignore", "pipe", "inherit"],
    });
    // Warnings are the only thing said; on the bench's own standard output they would be in its tables.
    program.stdout?.pipe(process.stderr, { end: false });
    this.programs.push(program);
    process.once("exit", () => program.kill("SIGKILL"));
  }
}

async function until(what: string, test: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + READY_TIMEOUT_MS;
  while (!(await test().catch(() => false))) {
    if (performance.now() > end) throw new Error(`waited ${READY_TIMEOUT_MS / 1000} s in vain until ${what}`);
    await delay(POLL_MS);
  }
}
