import type { appOrigins } from "./app-origins";
import type { AgentsService } from "./modules/agents/agents-service";
import type { AuditService } from "./modules/audit/audit-service";
import { ContainerEvents } from "./modules/containers/container-events-service";
import { ContainersService } from "./modules/containers/containers-service";
import { FileWatches } from "./modules/files/file-watches";
import { FilesService } from "./modules/files/files-service";
import { EnvironmentJobs } from "./modules/sessions/environment/environment-jobs";
import { EnvironmentService } from "./modules/sessions/environment/environment-service";
import type { SessionEnvironment } from "./modules/sessions/environment/session-environment";
import { HealthInbox } from "./modules/sessions/health/health-inbox";
import { HealthJobs } from "./modules/sessions/health/health-jobs";
import { HealthRestarts } from "./modules/sessions/health/health-restarts-service";
import { HealthService } from "./modules/sessions/health/health-service";
import { ConfigReloads } from "./modules/sessions/inside/config-reloads-jobs";
import { FileVisits } from "./modules/sessions/inside/file-visits";
import { SessionReach } from "./modules/sessions/inside/session-reach";
import { LogsService } from "./modules/sessions/logs/logs-service";
import { AppAccess } from "./modules/sessions/ports/app-access";
import { AppVisitors } from "./modules/sessions/ports/app-visitors";
import { OpenPorts } from "./modules/sessions/ports/open-ports";
import { PortAccess } from "./modules/sessions/ports/port-access";
import { PortRules } from "./modules/sessions/ports/port-rules";
import { PortSharesService } from "./modules/sessions/ports/port-shares-service";
import { PortsService } from "./modules/sessions/ports/ports-service";
import type { SessionChanges } from "./modules/sessions/session-changes";
import type { SessionsService } from "./modules/sessions/sessions-service";
import type { SharesService } from "./modules/sessions/sharing/shares-service";
import { OpenTerminals } from "./modules/sessions/terminals/open-terminals";
import { TerminalAccess } from "./modules/sessions/terminals/terminal-access";
import { TerminalsService } from "./modules/sessions/terminals/terminals-service";
import { VersionUpdates } from "./modules/sessions/versions/version-updates-service";
import { VersionsJobs } from "./modules/sessions/versions/versions-jobs";
import { VersionsService } from "./modules/sessions/versions/versions-service";
import type { WarmPoolService } from "./modules/sessions/warm-pool/warm-pool-service";
import type { TasksService } from "./modules/tasks/tasks-service";
import type { TemplatesService } from "./modules/templates/templates-service";
import type { AuthService } from "./modules/users/auth-service";
import type { TicketsService } from "./modules/users/tickets-service";
import type { ModuleParts } from "./wire-modules";

interface InsideParts {
  /** What nearly every part takes: the database, the clock, … */
  readonly base: Pick<ModuleParts, "database" | "bus" | "clock" | "ids" | "log" | "metrics" | "gateway">;
  readonly parts: ModuleParts;
  readonly origins: ReturnType<typeof appOrigins>;
  readonly agents: AgentsService;
  readonly audit: AuditService;
  readonly auth: AuthService;
  readonly changes: SessionChanges;
  readonly sessionEnvironment: SessionEnvironment;
  readonly sessions: SessionsService;
  readonly shares: SharesService;
  readonly tasks: TasksService;
  readonly templates: TemplatesService;
  readonly tickets: TicketsService;
  readonly warmPool: WarmPoolService;
}

/** What is done inside sessions: logs, files, terminals, versions, health, environment, ports, and the events of all that. */
export function wireInside({ base, parts, origins, ...services }: InsideParts) {
  const { config, keys } = parts;
  const { publicUrl } = config;
  const { agents, audit, auth, changes, sessionEnvironment, sessions, shares, tasks, templates, tickets, warmPool } = services;
  const logs = new LogsService({ ...base, audit, shares, logReader: parts.logReader });
  const visits = new FileVisits({ ...base, audit, shares });
  const fileWatches = new FileWatches({ ...base, agentApi: parts.agentApi, visits });
  const files = new FilesService({ ...base, visits, watches: fileWatches, agentApi: parts.agentApi });
  const openTerminals = new OpenTerminals(base);
  const terminals = new TerminalsService({ ...base, audit, shares, tickets, agentApi: parts.agentApi });
  const terminalAccess = new TerminalAccess({ ...base, auth, audit, shares, tickets, open: openTerminals, publicUrl });
  const reach = new SessionReach(base);
  const containers = new ContainersService({
    ...{ sessions, reach, logs, agentApi: parts.agentApi },
    healthOf: new HealthService({ ...base, templates }),
  });
  const healthySeconds = config.updateHealthySeconds;
  const versions = new VersionsService({ ...base, audit, tasks, healthySeconds });
  const versionUpdates = new VersionUpdates({ ...base, agents, warmPool, changes, healthySeconds });
  const versionsJobs = new VersionsJobs({ ...base, updates: versionUpdates });
  const containerEvents = new ContainerEvents({
    ...base,
    sessions,
    watches: fileWatches,
    health: { read: (id) => containers.healthUpdate(id) },
    versions: { read: (id) => versions.announcement(id) },
  });
  const configReloads = new ConfigReloads({
    ...base,
    agentApi: parts.agentApi,
    reloaded: (sessionId, userId, names) => containerEvents.configReloaded(sessionId, userId, names),
  });
  const environment = new EnvironmentService({ ...base, audit, templates, environment: sessionEnvironment });
  const environmentJobs = new EnvironmentJobs({ ...base, environment: sessionEnvironment });
  const healthRestarts = new HealthRestarts({
    ...base,
    audit,
    tasks,
    templates,
    changes,
    inOtherHands: (tx, id) => versions.decides(tx, id),
  });
  const healthInbox = new HealthInbox({ ...base, templates });
  const rules = new PortRules({ ...base, auth, shares });
  const openPorts = new OpenPorts(base);
  const ports = new PortsService({ ...base, audit, tickets, agentApi: parts.agentApi, rules, origins });
  const portShares = new PortSharesService({ ...base, audit, tickets, rules, origins, publicUrl });
  const portAccess = new PortAccess({ ...base, auth, audit, tickets, rules, open: openPorts, publicUrl });
  const appVisitors = new AppVisitors(base);
  const appAccess = new AppAccess({
    ...{ ...base, auth, audit, tickets, rules },
    open: openPorts,
    visitors: appVisitors,
    key: keys.appCookie,
  });
  const healthJobs = new HealthJobs({ ...base, healthRestarts });
  return {
    services: {
      logs,
      files,
      terminals,
      openTerminals,
      ports,
      portShares,
      appVisitors,
      containerEvents,
      fileWatches,
      containers,
      environment,
      versions,
    },
    rest: {
      terminalAccess,
      versionUpdates,
      versionsJobs,
      configReloads,
      environmentJobs,
      healthRestarts,
      healthInbox,
      openPorts,
      portAccess,
      appAccess,
    },
    jobs: [fileWatches, containerEvents, configReloads, healthJobs, environmentJobs, versionsJobs, openTerminals, openPorts, appVisitors],
  };
}
