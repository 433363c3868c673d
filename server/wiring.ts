import { mkdirSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { accessEnds } from "./access-ends";
import { AgentSockets } from "./channel/agent-sockets";
import type { Config } from "./config";
import { AgentDownload } from "./http/agent-download";
import { parseTrustedProxies } from "./http/client-address";
import { healthzEndpoint, metricsEndpoint } from "./http/health-endpoints";
import { Listener } from "./http/listener";
import { liveEndpoint } from "./http/live-endpoint";
import { OpenSockets } from "./http/open-sockets";
import { requestFacts } from "./http/request-facts";
import { trpcEndpoint } from "./http/trpc-endpoint";
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
import { deriveKeys } from "./platform/secrets";
import { RestEndpoint } from "./rest/rest-endpoint";
import { fillRuntimeSlot } from "./runtime-slot";
import { appRouter, createCaller } from "./trpc/app-router";
import { contextMaker } from "./trpc/context";
import { AppProxy } from "./tunnel/app-proxy";
import { TunnelBroker } from "./tunnel/tunnel-broker";
import { ViewerUpgrade } from "./tunnel/viewer-upgrade";
import { wireModules } from "./wire-modules";

export const VERSION = "0.1.0";

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
  const database = connectDatabase(databaseUrl);
  closers.add(() => database.$disconnect());
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 4, application_name: "berth limits" });
  pool.on("error", (error) => log.warn({ problem: error.message }, "a connection of the sign-in limits broke"));
  closers.add(() => pool.end());
  const bus = await openPostgresBus({ url: databaseUrl, log, clock });
  closers.add(() => bus.close());

  const download = new AgentDownload(join(root, "dist/agent.mjs"), config.agentPublicUrl);
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
    keys,
    gateway: {
      isConnected: (agentId) => agents.isConnected(agentId),
      send: (agentId, message) => agents.send(agentId, message),
      disconnect: (agentId, reason) => agents.disconnect(agentId, reason),
    },
    agentBundleSha256: () => download.sha256,
    notices: () => readNotices(config.dataDir),
  });
  const { services } = modules;
  const { auth } = services;

  const admin = await ensureFirstAdmin({ database, ids, audit: services.audit }, config.admin);
  if (admin?.madePassword) leaveAdminPassword(config.dataDir, admin.madePassword);
  await seedTemplates({ database, templates: services.templates });
  if (config.localAgentTokenFile) await offerLocalAgent(config.localAgentTokenFile, services.registrationTokens);

  const sockets = new OpenSockets();
  const inbox = modules.agentsInbox;
  const agents: AgentSockets = new AgentSockets({
    handler: {
      authenticate: (input) => inbox.authenticate(input),
      registered: (agent, connectionId, message) => inbox.registered(agent, connectionId, message),
      received: (agent, connectionId, message) => inbox.received(agent, connectionId, message),
      async disconnected(agent, connectionId, reason) {
        if (!agents.isConnected(agent.agentId)) broker.agentGone(agent.agentId);
        await inbox.disconnected(agent, connectionId, reason);
      },
    },
    clock,
    ids,
    log,
  });
  const broker = new TunnelBroker({
    send: (agentId, message) => agents.send(agentId, message),
    authenticate: (input) => inbox.authenticate(input),
    clock,
    ids,
    log,
  });
  const viewers = new ViewerUpgrade({ access: modules.viewerAccess, broker, sockets, clock });
  const publicOrigin = config.publicUrl.origin;
  const apps = new AppProxy({
    access: modules.appAccess,
    broker,
    sockets,
    clock,
    log,
    appsDomain: config.appsDomain,
    publicUrl: config.publicUrl,
  });
  closers.add(() => apps.close());

  const createContext = contextMaker(services, log);
  const trusted = parseTrustedProxies(config.trustedProxies);
  const live = liveEndpoint({ router: appRouter, createContext, authenticator: auth, publicOrigin, sockets, log });
  const rest = new RestEndpoint({
    router: appRouter,
    clock,
    context: async (request, requestId) => createContext(await requestFacts(request, requestId, { authenticator: auth, trusted })),
  });
  let pages: Pages | null = null;
  const startedAt = clock.now();
  const listener = new Listener({
    tls: config.tls,
    trusted,
    origin: { publicOrigin, cookieName },
    security: {
      publicUrl: config.publicUrl,
      production: config.production,
      formTargets: config.oidc ? [new URL(config.oidc.issuer).origin] : [],
    },
    http: {
      healthz: healthzEndpoint(async () => pages !== null && (await database.$queryRaw`SELECT 1`) !== null, VERSION),
      metrics: metricsEndpoint(() => {
        const { viewers: openViewers, ...bytes } = viewers.stats();
        return {
          uptimeSeconds: (clock.now().getTime() - startedAt.getTime()) / 1000,
          connectedAgents: agents.connectedCount(),
          openTunnels: broker.openCount(),
          openViewers,
          ...bytes,
          openSockets: sockets.size,
          residentBytes: process.memoryUsage.rss(),
        };
      }, auth),
      trpc: trpcEndpoint({ router: appRouter, createContext, authenticator: auth, sockets, log }),
      rest: ({ request, response, params, query, requestId }) =>
        rest.handle(request, response, { path: `/${params.rest ?? ""}`, query, requestId }),
      agentBundle: download.program,
      agentBundleHash: download.hash,
      agentInstaller: download.installer,
    },
    upgrades: {
      live,
      agentChannel: ({ request, socket, head }) => agents.upgrade(request, socket, head),
      agentTunnel: ({ request, socket, head, params }) => broker.dialBack(request, socket, head, params.id ?? ""),
      viewer: ({ params, ...call }) => viewers.open({ ...call, sessionId: params.id ?? "" }),
    },
    apps,
    next: () => pages?.handle ?? null,
    clock,
    ids,
    log,
  });

  fillRuntimeSlot({
    auth: { secret: keys.cookie, cookieName, secureCookies: https, maxAgeSeconds: LOGIN_SECONDS, oidc: config.oidc },
    signIn: (input) => auth.signIn(input),
    signInWithOidc: (profile) => auth.signInWithOidc(profile),
    signOut: (loginId) => auth.signOut(loginId),
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
      sockets,
      broker,
      disconnect: (id, reason) => agents.disconnect(id, reason),
      accessEpoch: (id) => auth.accessEpoch(id),
    }),
  );
  await listener.listen(config.port, config.host);
  closers.add(async () => {
    live.close();
    await agents.close();
    sockets.endAll("the control plane is stopping");
    await listener.close();
    await pages?.close();
  });
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
