import { BerthError } from "@berth/protocol/errors";
import pg from "pg";
import { agentAddresses, loadConfig } from "../config";
import type { NodeRequests } from "../modules/agents/agent-node-service";
import type { AgentRequests } from "../modules/sessions/inside/agent-requests";
import type { LogReader } from "../modules/sessions/logs/logs-service";
import type { AgentGateway } from "../modules/tasks/agent-gateway";
import type { TaskStreamGateway } from "../modules/tasks/task-stream-gateway";
import { seedTemplates } from "../modules/templates/seed-templates";
import { systemClock } from "../platform/clock";
import { openPostgresBus } from "../platform/db/postgres-bus";
import { systemIds } from "../platform/ids";
import { createLog, type Log } from "../platform/log";
import { Metrics } from "../platform/metrics";
import { deriveKeys } from "../platform/secrets";
import { createCaller } from "../trpc/app-router";
import { contextMaker } from "../trpc/context";
import { wireModules } from "../wire-modules";
import { FakeGateway } from "./fake-agent";
import { TestClock } from "./test-clock";
import { testDatabase } from "./test-database";

const PLENTY = 1_000_000;

export type ServiceKit = Awaited<ReturnType<typeof startServiceKit>>;

export interface ServiceKitOptions {
  /** Default: the contract's five. */
  readonly loginsPerMinute?: number;
  /** Default: what no test reaches. */
  readonly requestsPerMinute?: number;
  readonly sessionCreatesPerMinute?: number;
  /** Instead of the fakes: agents that are connected by real sockets. */
  readonly gateway?: AgentGateway;
  readonly taskStreams?: TaskStreamGateway;
  /** Default: at a fixed moment. Certificates that OpenSSL looks at need the machine's own. */
  readonly startsAt?: Date;
  readonly logReader?: LogReader;
  /** Default: nothing is written. */
  readonly log?: Log;
  readonly agentApi?: AgentRequests;
  readonly nodeApi?: NodeRequests;
  /** What stands between it and the database. */
  readonly databaseThrough?: (url: string) => string;
}

/** Every service on a real database and a real bus; agents are fakes at the channel's port, time moves by hand. Close it in `afterAll`. */
export async function startServiceKit(options: ServiceKitOptions = {}) {
  const { prisma: database, url, close } = await testDatabase(options.databaseThrough);
  const log = options.log ?? createLog("silent");
  const bus = await openPostgresBus({ url, log, clock: systemClock });
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  pool.on("error", (error) => log.warn({ problem: error.message }, "a connection of the limits broke"));
  const clock = new TestClock(options.startsAt);
  const gateway = new FakeGateway();
  const keys = deriveKeys(new Uint8Array(32).fill(7));
  const config = loadConfig({
    PUBLIC_URL: "https://berth.example",
    APPS_DOMAIN: "apps.example",
    LOGINS_PER_MINUTE: String(options.loginsPerMinute ?? 5),
    API_REQUESTS_PER_MINUTE: String(options.requestsPerMinute ?? PLENTY),
    API_SESSION_CREATES_PER_MINUTE: String(options.sessionCreatesPerMinute ?? PLENTY),
    UI_REQUESTS_PER_MINUTE: String(PLENTY),
  });
  const metrics = new Metrics();
  const base = { database, bus, clock, ids: systemIds, log, metrics, gateway };
  const modules = wireModules({
    ...base,
    config,
    cookieName: "berth-session",
    version: "test",
    pool,
    keys,
    gateway: options.gateway ?? gateway,
    taskStreams: options.taskStreams ?? { openCount: () => 0, isOpen: () => false, send: () => false },
    agentApi: options.agentApi ?? { request: () => Promise.reject(new BerthError("AGENT_OFFLINE", "Agents are fakes here")) },
    nodeApi: options.nodeApi ?? { request: () => Promise.reject(new BerthError("AGENT_OFFLINE", "Agents are fakes here")) },
    logReader: options.logReader ?? { open: () => Promise.reject(new BerthError("AGENT_OFFLINE", "Agents are fakes here")) },
    agentBundleSha256: () => "ab".repeat(32),
    notices: () => [],
    agentAddresses: () => agentAddresses(config, config.agentTlsPort),
  });
  await modules.authority.ensure();
  const { services, dispatcher, agentsInbox } = modules;
  await seedTemplates({ database, templates: services.templates });
  // The others run when a test says so.
  services.live.start();
  services.viewerRooms.start();
  services.openTerminals.start();
  modules.openPorts.start();
  services.fileWatches.start();
  services.containerEvents.start();
  dispatcher.start();
  const makeContext = contextMaker(services, log, metrics);

  return {
    ...base,
    ...modules,
    config,
    keys,
    pool,
    /** Of its database. */
    url,
    publicUrl: config.publicUrl,
    inbox: agentsInbox,
    makeContext,
    /** The procedures as this login, or as nobody. */
    callerOf: (login: Parameters<typeof makeContext>[0]["login"], agentToken: string | null = null) =>
      createCaller(makeContext({ login, requestId: "req-test", address: "192.0.2.1", agentToken })),
    async close() {
      services.live.stop();
      services.viewerRooms.stop();
      services.openTerminals.stop();
      modules.openPorts.stop();
      services.containerEvents.stop();
      services.fileWatches.stop();
      await dispatcher.stop();
      await bus.close();
      await pool.end();
      await close();
    },
  };
}
