import type pg from "pg";
import { appOrigins } from "./app-origins";
import type { Config } from "./config";
import { AgentLabelsService } from "./modules/agents/agent-labels-service";
import { AgentNodeService, type NodeRequests } from "./modules/agents/agent-node-service";
import { AgentRevocation } from "./modules/agents/agent-revocation";
import { AgentRevocationJobs } from "./modules/agents/agent-revocation-jobs";
import { AgentUsageService } from "./modules/agents/agent-usage-service";
import { AgentsInbox } from "./modules/agents/agents-inbox";
import { AgentsJobs } from "./modules/agents/agents-jobs";
import { AgentsService } from "./modules/agents/agents-service";
import { FleetView } from "./modules/agents/fleet-view";
import { Heartbeats } from "./modules/agents/heartbeats";
import { Presences } from "./modules/agents/presences";
import { RegistrationTokensService } from "./modules/agents/registration-tokens-service";
import { UsageHistory } from "./modules/agents/usage-history";
import { AuditJobs } from "./modules/audit/audit-jobs";
import { AuditService } from "./modules/audit/audit-service";
import { HomesInbox } from "./modules/homes/homes-inbox";
import { HomesService } from "./modules/homes/homes-service";
import { AuthorityService } from "./modules/identity/authority-service";
import { IdentityJobs } from "./modules/identity/identity-jobs";
import { IdentityService } from "./modules/identity/identity-service";
import { NodeManagement } from "./modules/identity/node-management-service";
import { LiveService } from "./modules/live/live-service";
import { QuotasService } from "./modules/quotas/quotas-service";
import { RegistriesService } from "./modules/registries/registries-service";
import { SessionEnvironment } from "./modules/sessions/environment/session-environment";
import { IdleJobs } from "./modules/sessions/idle/idle-jobs";
import { IdleService } from "./modules/sessions/idle/idle-service";
import type { AgentRequests } from "./modules/sessions/inside/agent-requests";
import type { LogReader } from "./modules/sessions/logs/logs-service";
import { SessionAdoption } from "./modules/sessions/orphans/session-adoption";
import { StrandedSessions } from "./modules/sessions/orphans/stranded-sessions";
import { PhaseWait } from "./modules/sessions/phase-wait";
import { SessionQueue } from "./modules/sessions/queue/session-queue";
import { SessionQueueJobs } from "./modules/sessions/queue/session-queue-jobs";
import { ResizeInbox } from "./modules/sessions/resize-inbox";
import { SessionChanges } from "./modules/sessions/session-changes";
import { SessionCreation } from "./modules/sessions/session-creation";
import { SessionPolicies } from "./modules/sessions/session-policies";
import { SessionsInbox } from "./modules/sessions/sessions-inbox";
import { SessionsJobs } from "./modules/sessions/sessions-jobs";
import { SessionsService } from "./modules/sessions/sessions-service";
import { GuestsService } from "./modules/sessions/sharing/guests-service";
import { SharesService } from "./modules/sessions/sharing/shares-service";
import { VersionsInbox } from "./modules/sessions/versions/versions-inbox";
import { ScreenControl } from "./modules/sessions/viewers/screen-control";
import { ThumbnailAccess } from "./modules/sessions/viewers/thumbnail-access";
import { ViewerAccess } from "./modules/sessions/viewers/viewer-access";
import { ViewerRooms } from "./modules/sessions/viewers/viewer-rooms";
import { ViewerTickets } from "./modules/sessions/viewers/viewer-tickets";
import { WarmPoolJobs } from "./modules/sessions/warm-pool/warm-pool-jobs";
import { WarmPoolService } from "./modules/sessions/warm-pool/warm-pool-service";
import { SnapshotsInbox } from "./modules/snapshots/snapshots-inbox";
import { SnapshotsJobs } from "./modules/snapshots/snapshots-jobs";
import { SnapshotsService } from "./modules/snapshots/snapshots-service";
import { tellFleet } from "./modules/system/fleet-figures";
import { readFleetFigures } from "./modules/system/read-fleet-figures";
import { SystemService } from "./modules/system/system-service";
import type { AgentGateway } from "./modules/tasks/agent-gateway";
import { TaskEndings } from "./modules/tasks/task-endings-service";
import { TaskEndsJobs } from "./modules/tasks/task-ends-jobs";
import { TaskHandOut } from "./modules/tasks/task-hand-out-service";
import { TaskLogsService } from "./modules/tasks/task-logs-service";
import { TaskOrders } from "./modules/tasks/task-orders";
import type { TaskStreamGateway } from "./modules/tasks/task-stream-gateway";
import { TaskStreamInbox } from "./modules/tasks/task-stream-inbox";
import { TasksInbox } from "./modules/tasks/tasks-inbox";
import { TaskDispatcher } from "./modules/tasks/tasks-jobs";
import { TasksService } from "./modules/tasks/tasks-service";
import { TemplateHistoryService } from "./modules/templates/template-history-service";
import { TemplateIconsService } from "./modules/templates/template-icons-service";
import { TemplatesService } from "./modules/templates/templates-service";
import { TokensService } from "./modules/tokens/tokens-service";
import { AuthService } from "./modules/users/auth-service";
import { InvitationsService } from "./modules/users/invitations-service";
import { guestLimits, loginLimits } from "./modules/users/login-limits";
import { LoginsService } from "./modules/users/logins-service";
import { SecondFactorService } from "./modules/users/second-factor-service";
import { TicketsService } from "./modules/users/tickets-service";
import { UsersJobs } from "./modules/users/users-jobs";
import { UsersService } from "./modules/users/users-service";
import { WebhookOutbox } from "./modules/webhooks/webhook-outbox";
import { WebhookSender } from "./modules/webhooks/webhook-sender";
import { WebhooksJobs } from "./modules/webhooks/webhooks-jobs";
import { WebhooksService } from "./modules/webhooks/webhooks-service";
import type { Bus } from "./platform/bus";
import type { Clock } from "./platform/clock";
import type { Database } from "./platform/database";
import type { Ids } from "./platform/ids";
import type { Log } from "./platform/log";
import type { Metrics } from "./platform/metrics";
import type { Keys } from "./platform/secrets";
import type { Services } from "./trpc/context";
import { wireInside } from "./wire-inside";

export interface ModuleParts {
  readonly config: Config;
  /** Name of the UI's login cookie. */
  readonly cookieName: string;
  readonly version: string;
  readonly database: Database;
  /** For what asks PostgreSQL without Prisma: the limits. */
  readonly pool: pg.Pool;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly keys: Keys;
  /** The agents' sockets. They are built after the modules that answer them, so this may be called only once wiring is done. */
  readonly gateway: AgentGateway;
  /** The agents' task streams, built as late. */
  readonly taskStreams: TaskStreamGateway;
  /** The way to sessions' logs, built as late as the sockets. */
  readonly logReader: LogReader;
  /** The way to the agents' own HTTP API, as late. */
  readonly agentApi: AgentRequests;
  readonly nodeApi: NodeRequests;
  readonly agentBundleSha256: () => string | null;
  readonly notices: () => readonly string[];
  /** What agents dial, and where they get their program; known once the listeners listen. */
  readonly agentAddresses: () => { readonly dial: URL; readonly download: URL };
}

export type Modules = ReturnType<typeof wireModules>;

/** Every service of the product, built by hand in the order in which they need each other. Nothing runs until `start`. */
export function wireModules(parts: ModuleParts) {
  const { config, database, bus, clock, ids, log, metrics, keys, gateway } = parts;
  const base = { database, bus, clock, ids, log, metrics, gateway };
  const outbox = new WebhookOutbox(base);
  const audit = new AuditService({ ...base, heard: (tx, actor, record) => outbox.heard(tx, actor, record) });
  const webhooks = new WebhooksService({ ...base, keys, audit });
  const registries = new RegistriesService({ ...base, keys, audit });
  const tickets = new TicketsService(base);
  const perMinute = config.perMinute.logins;
  const limits = loginLimits(parts.pool, { address: perMinute, usernameAndAddress: perMinute });
  const logins = new LoginsService({ ...base, audit, tickets });
  const tokens = new TokensService({ ...base, audit, tickets });
  const secondFactor = new SecondFactorService({ ...base, keys, limits, audit, host: config.publicUrl.host });
  const invitations = new InvitationsService({ ...base, audit, tickets, publicUrl: config.publicUrl });
  const auth = new AuthService({ ...base, keys, cookieName: parts.cookieName, limits, audit, tickets, logins, secondFactor, tokens });
  const users = new UsersService({ ...base, audit, tickets });
  const quotas = new QuotasService({ ...base, audit });
  const templates = new TemplatesService({ ...base, audit });
  const templateHistory = new TemplateHistoryService({ ...base, clock, templates });
  const templateIcons = new TemplateIconsService({ ...base, audit });
  const taskLogs = new TaskLogsService(base);
  const tasks = new TasksService({ ...base, keys, taskLogs });
  const homes = new HomesService({ ...base, audit, tasks });
  const renewalGraceMs = config.agentRenewalGraceMs;
  const authority = new AuthorityService({ ...base, audit, keys, renewalGraceMs });
  const identity = new IdentityService({ ...base, audit, keys, authority, renewalGraceMs });
  const identityJobs = new IdentityJobs({ ...base, renewalGraceMs });
  const agents = new AgentsService({ ...base, audit, tasks, identity });
  const taskOrders = new TaskOrders({ ...base, keys, audit, tasks, taskLogs, agents });
  const agentUsage = new AgentUsageService(base);
  const management = new NodeManagement({ ...base, authority });
  const agentNode = new AgentNodeService({ ...base, management, nodeApi: parts.nodeApi });
  const agentLabels = new AgentLabelsService({ ...base, audit });
  const registrationTokens = new RegistrationTokensService({
    ...base,
    audit,
    identity,
    agentUrl: () => parts.agentAddresses().dial,
    downloadUrl: () => parts.agentAddresses().download,
    authorityPin: () => authority.pin(),
    agentBundleSha256: parts.agentBundleSha256,
    plainHttp: config.agentPlainHttp,
  });

  const snapshots = new SnapshotsService({ ...base, audit, tasks, quotas, templates, retentionDays: config.snapshotRetentionDays });
  const sessionEnvironment = new SessionEnvironment({ ...base, keys });
  const changes = new SessionChanges({ clock, tasks, templates, outbox, environment: sessionEnvironment });
  const wait = new PhaseWait(base);
  const strategy = config.placementStrategy;
  const warmPool = new WarmPoolService({ ...base, agents, homes, tasks, templates, changes, strategy });
  const sessions = new SessionsService({ ...base, audit, agents, homes, tasks, quotas, changes, warmPool, wait });
  const fleetView = new FleetView(base);
  const sessionQueue = new SessionQueue({ ...base, agents, fleetView, homes, changes, warmPool });
  const sessionCreation = new SessionCreation({
    ...base,
    ...{
      audit,
      users,
      quotas,
      agents,
      homes,
      snapshots,
      templates,
      changes,
      sessions,
      queue: sessionQueue,
      warmPool,
      strategy,
      environment: sessionEnvironment,
    },
  });
  const idle = new IdleService({ ...base, audit, changes });
  const adoption = new SessionAdoption({ ...base, audit, homes, tasks, changes });
  const strandedSessions = new StrandedSessions({ ...base, audit, homes, changes });
  const sessionsInbox = new SessionsInbox({ ...base, tasks, changes });
  const { publicUrl } = config;
  const origins = appOrigins(publicUrl, config.appsDomain);
  const shares = new SharesService({ ...base, audit, users, auth, publicUrl });
  const viewerRooms = new ViewerRooms({ ...base, standing: (id) => shares.standing(id) });
  const screenControl = new ScreenControl({ database, audit, rooms: viewerRooms });
  const guestParts = { audit, tickets, shares, screenControl, rooms: viewerRooms, appEntryUrl: origins.entry };
  const guests = new GuestsService({ ...base, ...guestParts, limits: guestLimits(parts.pool, 6 * perMinute) });
  const sessionPolicies = new SessionPolicies({ ...base, audit });
  const inside = wireInside({
    ...{ base, parts, origins, agents, audit, auth, changes, sessionEnvironment, sessions, shares, tasks, templates, tickets, warmPool },
  });
  const viewerTickets = new ViewerTickets({ ...base, audit, tickets, shares, appEntryUrl: origins.entry });
  const viewerAccess = new ViewerAccess({ ...base, auth, tickets, shares, rooms: viewerRooms, wait, publicUrl });
  const thumbnailAccess = new ThumbnailAccess({ ...base, shares });

  const listeners = [
    sessionsInbox,
    new ResizeInbox({ clock, templates }),
    new VersionsInbox(base),
    new HomesInbox(),
    new SnapshotsInbox({ clock, tasks }),
  ];
  const heartbeats = new Heartbeats(base);
  const usageHistory = new UsageHistory(base);
  const handOut = new TaskHandOut({ ...base, keys, listeners, taskLogs, agents, registries });
  const dispatcher = new TaskDispatcher({ ...base, streams: parts.taskStreams, handOut });
  const endings = new TaskEndings({ ...base, listeners, outbox, taskLogs });
  const taskEnds = new TaskEndsJobs({ ...base, endings, retentionDays: config.taskRetentionDays });
  const agentsJobs = new AgentsJobs({ ...base, sessionsInbox, outbox });
  const tasksInbox = new TasksInbox({ ...base, listeners, endings, taskLogs });
  const taskStreamInbox = new TaskStreamInbox({ ...base, tasksInbox });
  const agentRevocation = new AgentRevocation({ ...base, audit, tasksInbox, stranded: strandedSessions });
  const revocationJobs = new AgentRevocationJobs({ ...base, revocation: agentRevocation });
  const presences = new Presences({ ...base, tasks, sessionsInbox });
  const agentsInbox = new AgentsInbox({
    ...base,
    heartbeats,
    usageHistory,
    presences,
    tasksInbox,
    sessionsInbox,
    homes,
    snapshots,
    healthInbox: inside.rest.healthInbox,
    identity,
  });
  const live = new LiveService({ ...base, auth, ownerOfSession: (id) => sessions.ownerOf(id) });
  const system = new SystemService({
    version: parts.version,
    publicUrl: config.publicUrl,
    agentUrl: () => parts.agentAddresses().dial,
    appsDomain: config.appsDomain,
    notices: parts.notices,
    noticesForAdmins: () => webhooks.notices(),
  });

  tellFleet(metrics, { clock, log, read: () => readFleetFigures(agents, sessions, warmPool, tasks, webhooks) });

  const usersJobs = new UsersJobs({ ...base, tickets, limits, logins, tokens });
  const auditJobs = new AuditJobs({ ...base, retentionDays: config.auditRetentionDays });
  const webhooksJobs = new WebhooksJobs({ ...base, keys, audit, sender: new WebhookSender(), retentionDays: config.webhookRetentionDays });
  webhooks.whenDue(() => webhooksJobs.soon());
  const warmPoolJobs = new WarmPoolJobs({ ...base, warmPool });
  const queueJobs = new SessionQueueJobs({ ...base, queue: sessionQueue });
  const agentJobs = [heartbeats, usageHistory, dispatcher, taskEnds, agentsJobs, revocationJobs, identityJobs];
  const snapshotsJobs = new SnapshotsJobs({ ...base, snapshots });
  const sessionJobs = [new SessionsJobs(base), new IdleJobs({ ...base, idle }), queueJobs, warmPoolJobs, snapshotsJobs];
  const jobs = [...agentJobs, ...sessionJobs, ...inside.jobs, usersJobs, auditJobs, webhooksJobs, viewerRooms, live];
  const services: Services = {
    ...inside.services,
    auth,
    users,
    logins,
    secondFactor,
    invitations,
    tokens,
    quotas,
    agents,
    agentRevocation,
    agentUsage,
    agentLabels,
    agentNode,
    registrationTokens,
    templates,
    templateHistory,
    templateIcons,
    sessions,
    sessionCreation,
    warmPool,
    adoption,
    strandedSessions,
    viewerTickets,
    sessionPolicies,
    shares,
    guests,
    viewerRooms,
    screenControl,
    idle,
    homes,
    snapshots,
    tasks,
    taskOrders,
    audit,
    webhooks,
    registries,
    live,
    system,
  };
  return {
    services,
    ...inside.rest,
    authority,
    identity,
    identityJobs,
    management,
    agentsInbox,
    sessionsInbox,
    viewerAccess,
    thumbnailAccess,
    tickets,
    limits,
    dispatcher,
    handOut,
    tasksInbox,
    taskStreamInbox,
    taskEnds,
    heartbeats,
    usageHistory,
    agentsJobs,
    sessionChanges: changes,
    sessionQueue,
    webhooksJobs,
    outbox,
    warmPoolJobs,
    start: () => {
      for (const job of jobs) job.start();
    },
    stop: async () => {
      for (const job of [...jobs].reverse()) await job.stop();
    },
  };
}
