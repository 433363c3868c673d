/** The product as it ships, whose control plane can be killed and started again, with a fleet's worth of agents enrolled in it. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import getPort from "get-port";
import pg from "pg";
import { z } from "zod";
import { reachDatabase } from "../../server/platform/db/reach-database";
import { createLog } from "../../server/platform/log";
import { cpuSeconds, ownUsage } from "../measure/processes";
import { type Enrolled, enrolFleet } from "./enrol";

const READY_TIMEOUT_MS = 60_000;
const POLL_MS = 50;
const unlimited = { API_REQUESTS_PER_MINUTE: "1000000000", UI_REQUESTS_PER_MINUTE: "1000000000" };

export interface HouseUsage {
  readonly controlPlaneSeconds: number;
  readonly databaseSeconds: number;
  readonly residentBytes: number;
}

export class FleetHouse {
  private program: ChildProcess | null = null;
  private token = "";
  private databaseUrl = "";

  private constructor(
    private readonly root: string,
    readonly folder: string,
    private readonly port: number,
    private readonly agentPort: number,
    private readonly password: string,
    private readonly profileFolder: string | undefined,
  ) {}

  /** Resolves when it is ready. `npm run build` must have been run in `root`. With a folder, its CPU is profiled into it. */
  static async open(root: string, profileFolder?: string): Promise<FleetHouse> {
    const server = join(root, "dist", "server.mjs");
    if (!existsSync(server)) throw new Error(`${server} is missing: run \`npm run build\` first`);
    const folder = mkdtempSync(join(tmpdir(), "berth-fleet-"));
    const house = new FleetHouse(root, folder, await getPort(), await getPort(), randomBytes(12).toString("hex"), profileFolder);
    try {
      house.start();
      await house.ready();
      const { url } = await reachDatabase({ databaseUrl: null, dataDir: house.dataDir }, createLog("silent"));
      house.databaseUrl = url;
      const login = { username: "admin", password: house.password };
      house.token = (await house.call("POST", "/auth/login", login, z.object({ token: z.string() }))).token;
      return house;
    } catch (error) {
      await house.close();
      throw error;
    }
  }

  get url(): string {
    return `http://localhost:${this.port}`;
  }

  get agentUrl(): string {
    return `https://localhost:${this.agentPort}`;
  }

  get loginToken(): string {
    return this.token;
  }

  get pid(): number {
    const pid = this.program?.pid;
    if (pid === undefined) throw new Error("the control plane does not run");
    return pid;
  }

  /** A connection that outlives nothing: a killed control plane takes its database along when it starts again. */
  async database(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.databaseUrl });
    client.on("error", () => {});
    await client.connect();
    return client;
  }

  start(): void {
    const own = { PORT: String(this.port), AGENT_TLS_PORT: String(this.agentPort), DATA_DIR: this.dataDir, ADMIN_PASSWORD: this.password };
    const unset = { DATABASE_URL: "", PUBLIC_URL: "", AGENT_PUBLIC_URL: "", HOST: "", TLS_CERT: "", TLS_KEY: "", BERTH_MASTER_KEY: "" };
    const profile = this.profileFolder ? ["--cpu-prof", `--cpu-prof-dir=${this.profileFolder}`] : [];
    const program = spawn(process.execPath, [...profile, join(this.root, "dist", "server.mjs")], {
      cwd: this.root,
      env: { ...process.env, ...own, ...unset, NODE_ENV: "production", LOG_LEVEL: "warn", ...unlimited },
      stdio: ["ignore", "pipe", "inherit"],
    });
    program.stdout.pipe(process.stderr, { end: false });
    this.program = program;
    process.once("exit", () => program.kill("SIGKILL"));
  }

  async ready(): Promise<void> {
    const end = performance.now() + READY_TIMEOUT_MS;
    while (
      !(await fetch(`${this.url}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      ))
    ) {
      if (performance.now() > end) throw new Error(`the control plane was not ready within ${READY_TIMEOUT_MS / 1000} s`);
      await delay(POLL_MS);
    }
  }

  /** Without a word: as by a crash. */
  async kill(): Promise<void> {
    await this.end("SIGKILL");
  }

  enrol(count: number): Promise<Enrolled[]> {
    return enrolFleet({ databaseUrl: this.databaseUrl, dataDir: this.dataDir }, count);
  }

  /** Of the control plane's process, and of all that it started: its database. */
  usage(): HouseUsage {
    const { cpuSeconds: own, residentBytes } = ownUsage(this.pid);
    return { controlPlaneSeconds: own, databaseSeconds: Math.max(0, cpuSeconds(this.pid) - own), residentBytes };
  }

  /** A request to `/api/v1`, as the administrator. Throws with the answer's text when it isn't a success. */
  async call<Output>(method: string, path: string, body: object | null, output: z.ZodType<Output>): Promise<Output> {
    const response = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: {
        ...(this.token ? { authorization: `Bearer ${this.token}` } : {}),
        ...(body ? { "content-type": "application/json" } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return output.parse(text === "" ? null : JSON.parse(text));
  }

  async close(): Promise<void> {
    await this.end("SIGTERM");
    rmSync(this.folder, { recursive: true, force: true });
  }

  private get dataDir(): string {
    return join(this.folder, "data");
  }

  private async end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    const { program } = this;
    this.program = null;
    if (!program || program.exitCode !== null || program.signalCode !== null) return;
    const ended = once(program, "exit");
    program.kill(signal);
    await ended;
  }
}
