/** The product as it ships, built: control plane, database and agent, each its own process, with proxies where they speak to each other. */
import { mkdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import getPort from "get-port";
import { z } from "zod";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../server/platform/db/embedded-postgres";
import { findPostgresBinaries } from "../server/platform/db/embedded-postgres-binaries";
import { postgresHome } from "../server/platform/db/unprivileged-postgres";
import { createLog } from "../server/platform/log";
import { ChannelProxy } from "./channel-proxy";
import { EngineProxy } from "./engine-proxy";
import { pause, until } from "./patience";
import type { Victim } from "./plan";
import { Program, root } from "./program";

/** `embedded`: the control plane's own. `beside`: a server of its own, as where DATABASE_URL is set; the control plane outlives it. */
export type DatabaseKind = "embedded" | "beside";

/** The name that the token in the file is good for. */
const AGENT = "local";
const BACK_WITHIN_MS = 90_000;

export class Installation {
  readonly #token: { value: string } = { value: "" };
  #postgres: EmbeddedPostgres | null = null;

  private constructor(
    readonly database: DatabaseKind,
    readonly folder: string,
    readonly url: string,
    readonly channel: ChannelProxy,
    readonly engine: EngineProxy,
    private readonly controlPlane: Program,
    private readonly agent: Program,
  ) {}

  /** Resolves when its agent is there. `engineSocket`: the engine's unix socket. */
  static async start(options: { database: DatabaseKind; folder: string; engineSocket: string }): Promise<Installation> {
    const { database, folder, engineSocket } = options;
    mkdirSync(folder, { recursive: true });
    const port = await getPort();
    const channel = await ChannelProxy.start(port);
    const proxied = join(folder, "engine.sock");
    const engine = await EngineProxy.start(engineSocket, proxied);
    const postgres = database === "beside" ? await startDatabase(folder) : null;
    const password = "faults-admin-password";
    const tokenFile = join(folder, "agent-token");
    const unset = { PUBLIC_URL: "", AGENT_PUBLIC_URL: "", HOST: "", TLS_CERT: "", TLS_KEY: "", BERTH_MASTER_KEY: "" };
    const plentiful = { API_REQUESTS_PER_MINUTE: "1000000", API_SESSION_CREATES_PER_MINUTE: "1000000" };
    const controlPlane = new Program(join(folder, "control-plane.log"), [join(root, "dist/server.mjs")], {
      ...unset,
      ...plentiful,
      NODE_ENV: "production",
      PORT: String(port),
      AGENT_TLS_PORT: "off",
      DATA_DIR: join(folder, "data"),
      DATABASE_URL: postgres?.url ?? "",
      ADMIN_PASSWORD: password,
      BERTH_LOCAL_AGENT_TOKEN_FILE: tokenFile,
    });
    const where = ["--url", `http://localhost:${channel.port}`, "--docker-host", `unix://${proxied}`, "--data-dir", join(folder, "agent")];
    const agent = new Program(
      join(folder, "agent.log"),
      [join(root, "dist/agent.mjs"), ...where, "--name", AGENT, "--token-file", tokenFile, "--max-cpu", "64"],
      {},
    );
    const berth = new Installation(database, folder, `http://127.0.0.1:${port}`, channel, engine, controlPlane, agent);
    berth.#postgres = postgres;
    try {
      controlPlane.start();
      await berth.#untilReady();
      const signedIn = await berth.call("POST", "/auth/login", { username: "admin", password });
      berth.#token.value = z.object({ token: z.string() }).parse(signedIn).token;
      agent.start();
      await berth.untilAgentIsBack();
      return berth;
    } catch (error) {
      await berth.stop();
      throw error;
    }
  }

  /** By which its containers are labelled. */
  get agentId(): string {
    return z.object({ agentId: z.string() }).parse(JSON.parse(readFileSync(join(this.folder, "agent/credential.json"), "utf8"))).agentId;
  }

  /** `kill -9`. */
  async kill(victim: Victim): Promise<void> {
    if (victim === "agent") {
      this.channel.forgetAgent();
      return this.agent.end("SIGKILL");
    }
    if (victim === "control plane") return this.controlPlane.end("SIGKILL");
    process.kill(await this.#postgresPid(), "SIGKILL");
  }

  /** As a service manager does it: what has ended is started again. */
  async revive(victim: Victim): Promise<void> {
    if (victim === "PostgreSQL" && this.database === "beside")
      this.#postgres = await until("PostgreSQL", BACK_WITHIN_MS, () => startDatabase(this.folder));
    // It can't go on without the database that it started, and ends by itself.
    else if (victim === "PostgreSQL") await Promise.race([this.controlPlane.ended(), pause(BACK_WITHIN_MS)]);
    if (!this.agent.runs) this.agent.start();
    if (this.controlPlane.runs) return;
    this.controlPlane.start();
    await this.#untilReady();
  }

  async untilAgentIsBack(): Promise<void> {
    await until("the agent to be back", BACK_WITHIN_MS, async () => this.channel.agentIsThere);
    await until("the agent to be online", BACK_WITHIN_MS, async () => {
      const { status } = z.object({ status: z.string() }).parse(await this.call("GET", `/agents/${AGENT}`));
      return status === "online";
    });
  }

  /** A request to `/api/v1` as the administrator. Throws with the answer's words when it isn't a success, or there is none. */
  async call(method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: {
        ...(this.#token.value ? { authorization: `Bearer ${this.#token.value}` } : {}),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(30_000),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === "" ? null : JSON.parse(text);
  }

  /** A task for its agent, as an administrator gives it. */
  order(taskType: string, payload: object): Promise<unknown> {
    return this.call("POST", `/agents/${AGENT}/tasks`, { taskType, payload });
  }

  async stop(): Promise<void> {
    await this.agent.end("SIGTERM");
    await this.controlPlane.end("SIGTERM");
    await this.#postgres?.stop();
    await this.channel.stop();
    this.engine.stop();
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  async #untilReady(): Promise<void> {
    await until("the control plane", BACK_WITHIN_MS, async () => {
      if (!this.controlPlane.runs) throw new Error(`it has ended; see ${this.controlPlane.logFile}`);
      return (await fetch(`${this.url}/healthz`)).ok;
    });
  }

  async #postgresPid(): Promise<number> {
    if (this.#postgres) return this.#postgres.pid;
    const { folder } = postgresHome(join(this.folder, "data"), await findPostgresBinaries());
    return Number.parseInt(readFileSync(join(folder, "data/postmaster.pid"), "utf8"), 10);
  }
}

const startDatabase = (folder: string) => startEmbeddedPostgres({ dataDir: join(folder, "database"), log: createLog("silent") });
