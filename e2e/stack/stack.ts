import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, mkdirSync, mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { get as getHttp } from "node:http";
import { get as getHttps } from "node:https";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import getPort from "get-port";

export const root = resolve(import.meta.dirname, "../..");
const watchdog = pathToFileURL(join(root, "scripts/lib/end-with-parent.mjs")).href;
export const adminPassword = "e2e-admin-password";

/** A control plane of the production build with its own database, and an agent on the engine that `DOCKER_HOST` names. */
export interface Stack {
  readonly url: string;
  readonly port: number;
  readonly dataDir: string;
  /** What the control plane wrote to its standard output. */
  readonly serverLog: string;
  /** `kill -9`: no chance to clean up. Resolves when it is gone. */
  killServer(): Promise<void>;
  killAgent(): Promise<void>;
  startServer(): Promise<void>;
  startAgent(): Promise<void>;
  stop(): Promise<void>;
}

/** Promised cores are not used ones: no journey is refused for the session that the one before it has just ended. */
const roomy = ["--max-cpu", "8", "--max-memory", "32"];

/** An address for a person, of the block that RFC 5737 keeps for documentation. */
export function addressOf(name: string): string {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + letter.charCodeAt(0)) % 250;
  return `203.0.113.${sum + 1}`;
}

export interface StackOptions {
  /** Settings of the control plane. */
  readonly env?: Record<string, string> | ((url: string) => Promise<Record<string, string>>);
  readonly agentArguments?: readonly string[];
  /** PEM files: serve https by these, and let the agent know the certificate. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

async function waitUntilReady(url: string, child: ChildProcess, logFile: string): Promise<void> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; ) {
    if (child.exitCode !== null) throw new Error(`the control plane ended with ${child.exitCode}; see ${logFile}`);
    if ((await statusOf(`${url}/healthz`)) === 200) return;
    await new Promise((resume) => setTimeout(resume, 50));
  }
  throw new Error(`the control plane was not ready within a minute; see ${logFile}`);
}

/** Null when nothing answers. A certificate is not looked at: it is this machine. */
function statusOf(url: string): Promise<number | null> {
  return new Promise((resolve) => {
    const ask = url.startsWith("https:") ? getHttps(url, { rejectUnauthorized: false, timeout: 5000 }) : getHttp(url, { timeout: 5000 });
    ask.on("response", (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? null);
    });
    ask.on("timeout", () => ask.destroy());
    ask.on("error", () => resolve(null));
  });
}

/** Starts everything and waits until the control plane answers. The agent connects on its own. */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const dataDir = mkdtempSync(join(tmpdir(), "berth-e2e-"));
  const logs = join(root, "test-results", "logs");
  mkdirSync(logs, { recursive: true });
  const port = await getPort();
  const { tls } = options;
  const url = `${tls ? "https" : "http"}://localhost:${port}`;
  const chosen = typeof options.env === "function" ? await options.env(url) : options.env;
  const tokenFile = join(dataDir, "local-agent-token");
  let server: ChildProcess | null = null;
  let agent: ChildProcess | null = null;

  const run = (name: string, file: string, args: string[], env: Record<string, string>): ChildProcess => {
    // A run that is killed leaves nothing behind.
    const child = spawn(process.execPath, ["--import", watchdog, join(root, "dist", file), ...args], {
      cwd: root,
      env: { ...process.env, BERTH_END_WITH_PARENT: String(process.pid), ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const log = createWriteStream(join(logs, `${name}-${port}.log`), { flags: "a" });
    child.stdout?.pipe(log, { end: false });
    child.stderr?.pipe(log, { end: false });
    return child;
  };
  const end = async (child: ChildProcess | null, signal: NodeJS.Signals): Promise<void> => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    const cut = setTimeout(() => child.kill("SIGKILL"), 20_000);
    await ended;
    clearTimeout(cut);
  };

  const stack: Stack = {
    url,
    port,
    dataDir,
    serverLog: join(logs, `server-${port}.log`),
    async startServer() {
      server = run("server", "server.mjs", [], {
        NODE_ENV: "production",
        PORT: String(port),
        AGENT_TLS_PORT: "0",
        DATA_DIR: dataDir,
        ADMIN_PASSWORD: adminPassword,
        // Sign-ins are limited by address: each person of the journeys comes from one of their own (see `addressOf`).
        TRUSTED_PROXIES: "127.0.0.1,::1",
        // Journeys ask again until it is so.
        API_REQUESTS_PER_MINUTE: "100000",
        API_SESSION_CREATES_PER_MINUTE: "1000",
        UPDATE_HEALTHY_SECONDS: "2",
        BERTH_LOCAL_AGENT_TOKEN_FILE: tokenFile,
        ...(tls ? { TLS_CERT: tls.cert, TLS_KEY: tls.key } : {}),
        ...chosen,
      });
      await waitUntilReady(url, server, join(logs, `server-${port}.log`));
    },
    async startAgent() {
      const args = ["--url", url, "--name", "local", "--data-dir", join(dataDir, "agent"), "--token-file", tokenFile, ...roomy];
      agent = run("agent", "agent.mjs", [...args, ...(options.agentArguments ?? [])], tls ? { NODE_EXTRA_CA_CERTS: tls.cert } : {});
    },
    killServer: () => end(server, "SIGKILL"),
    killAgent: () => end(agent, "SIGKILL"),
    async stop() {
      await end(agent, "SIGTERM");
      await end(server, "SIGTERM");
      await rm(dataDir, { recursive: true, force: true });
    },
  };
  await stack.startServer();
  await stack.startAgent();
  return stack;
}
