import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { VERSION } from "@berth/protocol/version";
import pg from "pg";
import { accessEnds } from "./access-ends";
import { agentPortTls, openAgentPort } from "./agent-port";
import { agentAddresses, type Config } from "./config";
import { AgentDownload } from "./http/agent-download";
import { offerLocalAgent } from "./local-agent";
import { leaveAdminPassword, readNotices } from "./local-files";
import { seedTemplates } from "./modules/templates/seed-templates";
import { ensureFirstAdmin } from "./modules/users/first-admin";
import { LOGIN_SECONDS } from "./modules/users/login-length";
import { type Pages, preparePages } from "./next-pages";
import { systemClock } from "./platform/clock";
import { applyMigrations } from "./platform/db/apply-migrations";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "./platform/db/embedded-postgres";
import { loadMasterKey } from "./platform/db/master-key";
import { openPostgresBus } from "./platform/db/postgres-bus";
import { connectDatabase } from "./platform/db/prisma-client";
import { systemIds } from "./platform/ids";
import type { Log } from "./platform/log";
import { Metrics } from "./platform/metrics";
import { deriveKeys } from "./platform/secrets";
import { fillRuntimeSlot } from "./runtime-slot";
import { createCaller } from "./trpc/app-router";
import { wireDoors } from "./wire-doors";
import { wireModules } from "./wire-modules";

export interface Berth {
  close(): Promise<void>;
}

export interface StartParts {
  readonly config: Config;
  readonly log: Log;
  /** The repository: migrations, pages and the agent's bundle are found from here. */
  readonly root: string;
  /** Something that nothing works without has ended. */
  readonly fatal: (reason: string) => void;
}

/** What is closed in reverse order when the start fails half-way or the program ends. */
class Closers {
  private readonly all: Array<() => unknown> = [];
  add(close: () => unknown): void {
    this.all.unshift(close);
  }
  async close(log: Log): Promise<void> {
    for (const close of this.all.splice(0)) {
      try {
        await close();
      } catch (error) {
        log.warn({ err: error }, "a part did not close");
      }
    }
  }
}

/** Builds every part, top to bottom, and listens. Resolves when the pages are ready too. */
export async function startBerth(parts: StartParts): Promise<Berth> {
  const closers = new Closers();
  try {
    await start(parts, closers);
  } catch (error) {
    await closers.close(parts.log);
    throw error;
  }
  return { close: () => closers.close(parts.log) };
}

async function start({ config, log, root, fatal }: StartParts, closers: Closers): Promise<void> {
  const clock = systemClock;
  const ids = systemIds;
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const keys = deriveKeys(loadMasterKey(config.masterKey, config.dataDir));

  const databaseUrl = config.databaseUrl ?? (await embedded(config, log, fatal, closers)).url;
  const applied = await applyMigrations(databaseUrl, join(root, "prisma/migrations"));
  if (applied.length > 0) log.info({ applied }, "the database was migrated");
  const metrics = new Metrics();
  const database = connectDatabase(databaseUrl, { watch: metrics.database });
  closers.add(() => database.$disconnect());
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 4, application_name: "berth limits" });
  pool.on("error", (error) => log.warn({ problem: error.message }, "a connection of the limits broke"));
  closers.add(() => pool.end());
  const bus = await openPostgresBus({ url: databaseUrl, log, clock });
  closers.add(() => bus.close());

  let agentPort = config.agentTlsPort;
  const addresses = () => agentAddresses(config, agentPort);
  const download = new AgentDownload(join(root, "dist/agent.mjs"), () => addresses().download);
  await download.load();
  const https = config.publicUrl.protocol === "https:";
  const cookieName = https ? "__Host-berth-session" : "berth-session";
  const modules = wireModules({
    config,
    cookieName,
    version: VERSION,
    database,
    pool,
    bus,
    clock,
    ids,
    log,
    metrics,
    keys,
    gateway: {
      isConnected: (agentId) => agents.isConnected(agentId),
      send: (agentId, message) => agents.send(agentId, message),
      disconnect: (agentId, reason) => agents.disconnect(agentId, reason),
    },
    taskStreams: {
      openCount: () => taskStreams.openCount(),
      isOpen: (agentId) => taskStreams.isOpen(agentId),
      send: (agentId, message) => taskStreams.send(agentId, message),
    },
    agentApi: { request: (target, call) => doors.agentApi.request(target, call) },
    nodeApi: { request: (target, asked) => doors.nodeApi.request(target, asked) },
    logReader: { open: (grant, signal) => doors.logTunnels.open(grant, signal) },
    agentBundleSha256: () => download.sha256,
    notices: () => readNotices(config.dataDir),
    agentAddresses: addresses,
  });
  const { services } = modules;
  const { auth } = services;

  const admin = await ensureFirstAdmin({ database, ids, audit: services.audit }, config.admin);
  if (admin?.madePassword) leaveAdminPassword(config.dataDir, admin.madePassword);
  await seedTemplates({ database, templates: services.templates });
  if (config.localAgentTokenFile) await offerLocalAgent(config.localAgentTokenFile, services.registrationTokens);

  await modules.authority.ensure();
  const agentTls = config.agentTlsPort === null ? null : await agentPortTls(modules.authority, config);

  let pages: Pages | null = null;
  const doors = wireDoors({
    config,
    cookieName,
    version: VERSION,
    clock,
    ids,
    log,
    bus,
    metrics,
    pool,
    modules,
    download,
    agentTls,
    ready: async () => pages !== null && (await database.$queryRaw`SELECT 1`) !== null,
    pages: () => pages?.handle ?? null,
  });
  const { agents, taskStreams, listener, createContext } = doors;

  fillRuntimeSlot({
    auth: { secret: keys.cookie, cookieName, secureCookies: https, maxAgeSeconds: LOGIN_SECONDS, oidc: config.oidc },
    signIn: (input) => auth.signIn(input),
    renew: (input) => auth.renew(input),
    signInWithOidc: (profile) => auth.signInWithOidc(profile),
    signOut: (loginId) => auth.signOut(loginId),
    singleSignOnFailed: (reason) => log.warn({ reason, issuer: config.oidc?.issuer }, "single sign-on failed"),
    apiDocuments: doors.documents,
    caller: async ({ cookie, address }) =>
      createCaller(createContext({ login: cookie ? await auth.fromCookie(cookie) : null, requestId: `page-${ids.uuid()}`, address })),
  });

  modules.start();
  closers.add(() => modules.stop());
  closers.add(
    accessEnds({
      bus,
      clock,
      log,
      sockets: doors.sockets,
      broker: doors.broker,
      agentsHere: () => [...new Set([...agents.agentIds(), ...doors.broker.agentIds()])],
      revokedAgents: (ids) => services.agentRevocation.gone(ids),
      disconnect(id, reason) {
        agents.disconnect(id, reason);
        taskStreams.disconnect(id, reason);
      },
      accessEpoch: (id) => auth.accessEpoch(id),
      endedLogins: (ids) => auth.ended(ids),
    }),
  );
  await listener.listen(config.port, config.host);
  closers.add(() => pages?.close());
  closers.add(() => doors.close("the control plane is stopping"));
  if (doors.agentListener) {
    const open = await openAgentPort(doors.agentListener, { config, authority: modules.authority, clock, log });
    closers.add(() => open.stop());
    agentPort = open.port;
  }
  log.info({ url: config.publicUrl.origin, host: config.host, port: config.port }, "listening");
  pages = await preparePages({
    publicUrl: config.publicUrl,
    production: config.production,
    folder: root,
    upgrades: listener.nextUpgrades,
    host: config.host,
    port: config.port,
  });
  log.info("ready");
}

async function embedded(config: Config, log: Log, fatal: (reason: string) => void, closers: Closers): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({
    dataDir: config.dataDir,
    log,
    onUnexpectedExit: (reason) => fatal(`the embedded PostgreSQL ended: ${reason}`),
  });
  closers.add(() => postgres.stop());
  return postgres;
}
