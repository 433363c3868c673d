import type { IncomingMessage, ServerResponse } from "node:http";
import { AgentSockets } from "./channel/agent-sockets";
import { TaskStreams } from "./channel/task-streams";
import type { Config } from "./config";
import type { AgentDownload } from "./http/agent-download";
import { authorityEndpoint } from "./http/authority-endpoint";
import { parseTrustedProxies } from "./http/client-address";
import type { CountedLoginOptions } from "./http/counted-login";
import { filesEndpoints } from "./http/files-endpoints";
import { healthzEndpoint, metricsEndpoint } from "./http/health-endpoints";
import { identify } from "./http/identify";
import { Listener, type ListenerOptions, type ListenerTls } from "./http/listener";
import { liveEndpoint } from "./http/live-endpoint";
import { logEndpoint } from "./http/log-endpoint";
import { logStreamEndpoint } from "./http/log-stream-endpoint";
import { OpenSockets } from "./http/open-sockets";
import { requestAddress, requestFacts } from "./http/request-facts";
import { isForAgents } from "./http/routes";
import { socketIoDoor } from "./http/socket-io-door";
import { templateIconEndpoint } from "./http/template-icon-endpoint";
import { thumbnailEndpoint } from "./http/thumbnail-endpoint";
import { trpcEndpoint } from "./http/trpc-endpoint";
import type { Bus } from "./platform/bus";
import type { Clock } from "./platform/clock";
import type { Ids } from "./platform/ids";
import { leasedLimiter } from "./platform/leased-limiter";
import type { Log } from "./platform/log";
import type { Metrics } from "./platform/metrics";
import { localLimiter, type QueryClient } from "./platform/rate-limiter";
import { agentCertificateEndpoint, agentHeartbeatEndpoint, nodeCallbackEndpoint } from "./rest/agent-endpoints";
import { agentPaths } from "./rest/agent-paths";
import { agentTaskCompleteEndpoint, agentTasksEndpoint } from "./rest/agent-task-endpoints";
import { auditExportEndpoint, auditExportPath } from "./rest/audit-export-endpoint";
import { containerPaths } from "./rest/container-paths";
import { openApiDocument } from "./rest/openapi-document";
import { openApiEndpoint } from "./rest/openapi-endpoint";
import { RestEndpoint } from "./rest/rest-endpoint";
import { audienceOf, countAloud, keyOf, RestLimits } from "./rest/rest-limits";
import { servedProcedures } from "./rest/rest-routes";
import { streamPaths } from "./rest/stream-paths";
import { tellDoors } from "./tell-doors";
import { appRouter } from "./trpc/app-router";
import { contextMaker } from "./trpc/context";
import { AgentApi } from "./tunnel/agent-api";
import { AppProxy } from "./tunnel/app-proxy";
import { LogTunnels } from "./tunnel/log-tunnels";
import { NodeApi } from "./tunnel/node-api";
import { PortUpgrade } from "./tunnel/port-upgrade";
import { TerminalUpgrade } from "./tunnel/terminal-upgrade";
import { Thumbnails } from "./tunnel/thumbnails";
import { TunnelBroker } from "./tunnel/tunnel-broker";
import { ViewerUpgrade } from "./tunnel/viewer-upgrade";
import type { Modules } from "./wire-modules";

/** In a minute, by one agent from one address, at its own REST paths. */
const AGENT_REQUESTS = 600;

export interface DoorParts {
  readonly config: Config;
  /** Name of the UI's login cookie. */
  readonly cookieName: string;
  readonly version: string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly bus: Bus;
  readonly metrics: Metrics;
  /** For the limits that all replicas share. */
  readonly pool: QueryClient;
  readonly modules: Pick<
    Modules,
    | "services"
    | "limits"
    | "agentsInbox"
    | "handOut"
    | "tasksInbox"
    | "taskStreamInbox"
    | "authority"
    | "identity"
    | "viewerAccess"
    | "terminalAccess"
    | "portAccess"
    | "thumbnailAccess"
    | "appAccess"
  >;
  readonly download: AgentDownload;
  /** What the agents' own listener shows; null where there is none. */
  readonly agentTls: ListenerTls | null;
  /** What `/healthz` answers with. */
  ready(): Promise<boolean>;
  /** Next's handler; null while it isn't ready. */
  pages(): ((request: IncomingMessage, response: ServerResponse) => Promise<void>) | null;
}

/** Every way in, built by hand: agents' channel and tunnels, viewers, apps, tRPC, REST, `/live`, and the one listener before them all. */
export function wireDoors(parts: DoorParts) {
  const { config, cookieName, version, clock, ids, log, metrics, modules, download } = parts;
  const { services, agentsInbox: inbox } = modules;
  const { auth } = services;
  const sockets = new OpenSockets();
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
  const taskStreams = new TaskStreams({
    handler: {
      authenticate: (agentRef, shown) => modules.identity.authenticateAs(agentRef, shown),
      opening: (agent) => modules.taskStreamInbox.opening(agent),
      opened: (agent) => modules.taskStreamInbox.opened(agent),
      received: (agent, message) => modules.taskStreamInbox.received(agent, message),
    },
    clock,
    log,
  });
  const viewers = new ViewerUpgrade({ access: modules.viewerAccess, broker, sockets, clock });
  const logTunnels = new LogTunnels({ broker, clock });
  const agentApi = new AgentApi(broker, clock);
  const nodeApi = new NodeApi(broker, clock);
  const terminals = new TerminalUpgrade({ access: modules.terminalAccess, api: agentApi, sockets });
  const ports = new PortUpgrade({ access: modules.portAccess, api: agentApi, sockets });
  const thumbnails = new Thumbnails({ broker, clock });
  const publicOrigin = config.publicUrl.origin;
  const { appsDomain, publicUrl } = config;
  const apps = new AppProxy({ access: modules.appAccess, broker, sockets, clock, log, appsDomain, publicUrl });
  const createContext = contextMaker(services, log, metrics);
  const trusted = parseTrustedProxies(config.trustedProxies);
  const publicHttps = config.publicUrl.protocol === "https:";
  const live = liveEndpoint({ router: appRouter, createContext, authenticator: auth, publicOrigin, sockets, log });
  const sessionLogs = logEndpoint({
    authenticator: auth,
    publicOrigin,
    follow: (asker, input, signal) => services.logs.follow(asker, input, signal),
    sockets,
    clock,
  });
  const events = socketIoDoor({
    authenticator: auth,
    publicOrigin,
    count: (login, address) => asked.take(keyOf(login, address)),
    open: (login, take) => services.containerEvents.open(login, take),
    sockets,
  });
  const count: CountedLoginOptions["count"] = (login, address, response) => countAloud(asked, keyOf(login, address), response, clock);
  const logStream = logStreamEndpoint({
    authenticator: auth,
    count,
    follow: (asker, input, signal) => services.logs.follow(asker, input, signal),
    sockets,
    clock,
  });
  const containers = new RestEndpoint({
    router: appRouter,
    surface: "containers",
    clock,
    context: async (request, requestId) => {
      const address = requestAddress(request, trusted);
      const login = await identify(request.headers, auth, address);
      await asked.take(keyOf(login, address));
      return createContext(requestFacts(request, requestId, { login, countedAsLogin: false }, trusted, publicHttps));
    },
  });
  const rest = new RestEndpoint({
    router: appRouter,
    clock,
    context: async (request, requestId) => createContext(requestFacts(request, requestId, limits.callerOf(request), trusted, publicHttps)),
    shared: { bus: parts.bus, audience: (request) => audienceOf(limits.callerOf(request).login) },
  });
  const served = servedProcedures(appRouter);
  const { requests, sessionCreates, pageRequests } = config.perMinute;
  const limits = new RestLimits({
    served,
    requests: leasedLimiter(parts.pool, { name: "rest", points: requests }),
    sessionCreates: leasedLimiter(parts.pool, { name: "rest-sessions", points: sessionCreates }),
    logins: modules.limits.byAddress,
    identify: (request, address) => identify(request.headers, auth, address),
    clock,
  });
  const asked = localLimiter(pageRequests);
  const documents = {
    api: openApiDocument(served, { url: publicOrigin, version, ownPaths: [auditExportPath, ...streamPaths], agentPaths }),
    containers: openApiDocument(servedProcedures(appRouter, "containers"), {
      surface: "containers",
      url: publicOrigin,
      version,
      ownPaths: containerPaths,
    }),
  };
  tellDoors(metrics, { agents, broker, viewers, apps, sockets });
  const { identity, handOut, tasksInbox } = modules;
  const agentDoors = { identity, inbox, handOut, tasksInbox, count: { limiter: localLimiter(AGENT_REQUESTS), clock } };
  const listening: ListenerOptions = {
    tls: config.tls,
    trusted,
    origin: { publicOrigin, cookieName },
    security: {
      publicUrl,
      production: config.production,
      formTargets: config.oidc ? [new URL(config.oidc.issuer).origin] : [],
    },
    http: {
      healthz: healthzEndpoint(() => parts.ready(), version),
      metrics: metricsEndpoint(metrics, auth),
      trpc: trpcEndpoint({
        router: appRouter,
        createContext,
        authenticator: auth,
        count: (login, address) => asked.take(keyOf(login, address)),
        sockets,
        log,
      }),
      openApi: openApiEndpoint(documents.api),
      containersOpenApi: openApiEndpoint(documents.containers),
      auditExport: auditExportEndpoint({ audit: services.audit, callerOf: (request) => limits.callerOf(request), sockets, clock }),
      rest: ({ request, response, params, query, requestId }) =>
        rest.handle(request, response, { path: `/${params.rest ?? ""}`, query, requestId }),
      sessionLogStream: logStream,
      containerLogStream: logStream,
      ...filesEndpoints({
        authenticator: auth,
        count,
        files: services.files,
        sockets,
      }),
      containers: ({ request, response, params, query, requestId }) =>
        containers.handle(request, response, { path: `/${params.rest ?? ""}`, query, requestId }),
      socketIo: events.http,
      templateIcon: templateIconEndpoint((name) => services.templateIcons.read(name), auth),
      sessionThumbnail: thumbnailEndpoint({
        authenticator: auth,
        authorize: (login, id) => modules.thumbnailAccess.authorize(login, id),
        read: (grant) => thumbnails.read(grant),
      }),
      agentAuthority: authorityEndpoint(() => modules.authority.bundle()),
      agentCertificate: agentCertificateEndpoint(agentDoors),
      agentHeartbeat: agentHeartbeatEndpoint(agentDoors),
      agentTasks: agentTasksEndpoint(agentDoors),
      agentTaskComplete: agentTaskCompleteEndpoint(agentDoors),
      nodeReady: nodeCallbackEndpoint(agentDoors),
      nodeHeartbeat: nodeCallbackEndpoint(agentDoors),
      agentBundle: download.program,
      agentBundleHash: download.hash,
      agentInstaller: download.installer,
    },
    upgrades: {
      live,
      socketIoSocket: events.upgrade,
      agentChannel: ({ request, socket, head }) => agents.upgrade(request, socket, head),
      agentTaskStream: ({ request, socket, head, params }) => taskStreams.upgrade(request, socket, head, params.id ?? ""),
      agentTunnel: ({ request, socket, head, params }) => broker.dialBack(request, socket, head, params.id ?? ""),
      viewer: ({ params, ...call }) => viewers.open({ ...call, sessionId: params.id ?? "" }),
      sessionLogs,
      terminal: ({ params, ...call }) => terminals.open({ ...call, sessionId: params.id ?? "", terminalId: params.terminal ?? "" }),
      exec: ({ params, ...call }) => terminals.open({ ...call, sessionId: params.id ?? "", terminalId: null }),
      port: ({ params, ...call }) => ports.open({ ...call, sessionId: params.id ?? "", port: params.port ?? "" }),
    },
    apps,
    admitRest: (call) => limits.admit(call),
    answered: (route, method, status, seconds) => metrics.answered(route, method, status, seconds),
    next: () => parts.pages(),
    clock,
    ids,
    log,
  };
  const listener = new Listener(listening);
  const agentListener =
    parts.agentTls &&
    new Listener({
      ...listening,
      tls: parts.agentTls,
      only: isForAgents,
      apps: { serves: () => false, http: apps.http, upgrade: apps.upgrade },
    });
  return {
    agents,
    taskStreams,
    broker,
    logTunnels,
    agentApi,
    nodeApi,
    sockets,
    listener,
    agentListener,
    createContext,
    documents,
    /** Ends what is open, then stops listening. */
    async close(reason: string) {
      live.close();
      events.close();
      sessionLogs.close();
      taskStreams.close();
      await agents.close();
      sockets.endAll(reason);
      await Promise.all([listener.close(), agentListener?.close()]);
      await Promise.all([apps.close(), agentApi.close(), nodeApi.close()]);
    },
  };
}
