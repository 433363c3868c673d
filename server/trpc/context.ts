import type { AgentLabelsService } from "../modules/agents/agent-labels-service";
import type { AgentNodeService } from "../modules/agents/agent-node-service";
import type { AgentRevocation } from "../modules/agents/agent-revocation";
import type { AgentUsageService } from "../modules/agents/agent-usage-service";
import type { AgentsService } from "../modules/agents/agents-service";
import type { RegistrationTokensService } from "../modules/agents/registration-tokens-service";
import type { AuditService } from "../modules/audit/audit-service";
import type { ContainerEvents } from "../modules/containers/container-events-service";
import type { ContainersService } from "../modules/containers/containers-service";
import type { FileWatches } from "../modules/files/file-watches";
import type { FilesService } from "../modules/files/files-service";
import type { HomesService } from "../modules/homes/homes-service";
import type { LiveService } from "../modules/live/live-service";
import type { QuotasService } from "../modules/quotas/quotas-service";
import type { RegistriesService } from "../modules/registries/registries-service";
import type { EnvironmentService } from "../modules/sessions/environment/environment-service";
import type { IdleService } from "../modules/sessions/idle/idle-service";
import type { LogsService } from "../modules/sessions/logs/logs-service";
import type { SessionAdoption } from "../modules/sessions/orphans/session-adoption";
import type { StrandedSessions } from "../modules/sessions/orphans/stranded-sessions";
import type { AppVisitors } from "../modules/sessions/ports/app-visitors";
import type { PortSharesService } from "../modules/sessions/ports/port-shares-service";
import type { PortsService } from "../modules/sessions/ports/ports-service";
import type { SessionCreation } from "../modules/sessions/session-creation";
import type { SessionPolicies } from "../modules/sessions/session-policies";
import type { SessionsService } from "../modules/sessions/sessions-service";
import type { GuestsService } from "../modules/sessions/sharing/guests-service";
import type { SharesService } from "../modules/sessions/sharing/shares-service";
import type { OpenTerminals } from "../modules/sessions/terminals/open-terminals";
import type { TerminalsService } from "../modules/sessions/terminals/terminals-service";
import type { VersionsService } from "../modules/sessions/versions/versions-service";
import type { ScreenControl } from "../modules/sessions/viewers/screen-control";
import type { ViewerRooms } from "../modules/sessions/viewers/viewer-rooms";
import type { ViewerTickets } from "../modules/sessions/viewers/viewer-tickets";
import type { WarmPoolService } from "../modules/sessions/warm-pool/warm-pool-service";
import type { SnapshotsService } from "../modules/snapshots/snapshots-service";
import type { SystemService } from "../modules/system/system-service";
import type { TaskOrders } from "../modules/tasks/task-orders";
import type { TasksService } from "../modules/tasks/tasks-service";
import type { TemplateHistoryService } from "../modules/templates/template-history-service";
import type { TemplateIconsService } from "../modules/templates/template-icons-service";
import type { TemplatesService } from "../modules/templates/templates-service";
import type { TokensService } from "../modules/tokens/tokens-service";
import type { AuthService } from "../modules/users/auth-service";
import type { InvitationsService } from "../modules/users/invitations-service";
import type { LoginsService } from "../modules/users/logins-service";
import type { SecondFactorService } from "../modules/users/second-factor-service";
import type { Login } from "../modules/users/users-schema";
import type { UsersService } from "../modules/users/users-service";
import type { WebhooksService } from "../modules/webhooks/webhooks-service";
import type { Log } from "../platform/log";

/** What the routers call. Built once, in wiring. */
export interface Services {
  readonly auth: AuthService;
  readonly users: UsersService;
  readonly logins: LoginsService;
  readonly secondFactor: SecondFactorService;
  readonly invitations: InvitationsService;
  readonly tokens: TokensService;
  readonly quotas: QuotasService;
  readonly agents: AgentsService;
  readonly agentRevocation: AgentRevocation;
  readonly agentLabels: AgentLabelsService;
  readonly agentNode: AgentNodeService;
  readonly agentUsage: AgentUsageService;
  readonly registrationTokens: RegistrationTokensService;
  readonly templates: TemplatesService;
  readonly templateHistory: TemplateHistoryService;
  readonly templateIcons: TemplateIconsService;
  readonly sessions: SessionsService;
  readonly sessionCreation: SessionCreation;
  readonly warmPool: WarmPoolService;
  readonly adoption: SessionAdoption;
  readonly strandedSessions: StrandedSessions;
  readonly viewerTickets: ViewerTickets;
  readonly sessionPolicies: SessionPolicies;
  readonly shares: SharesService;
  readonly guests: GuestsService;
  readonly viewerRooms: ViewerRooms;
  readonly appVisitors: AppVisitors;
  readonly screenControl: ScreenControl;
  readonly idle: IdleService;
  readonly logs: LogsService;
  readonly files: FilesService;
  readonly terminals: TerminalsService;
  readonly openTerminals: OpenTerminals;
  readonly ports: PortsService;
  readonly portShares: PortSharesService;
  readonly containers: ContainersService;
  readonly containerEvents: ContainerEvents;
  readonly fileWatches: FileWatches;
  readonly environment: EnvironmentService;
  readonly versions: VersionsService;
  readonly homes: HomesService;
  readonly snapshots: SnapshotsService;
  readonly tasks: TasksService;
  readonly taskOrders: TaskOrders;
  readonly audit: AuditService;
  readonly live: LiveService;
  readonly webhooks: WebhooksService;
  readonly registries: RegistriesService;
  readonly system: SystemService;
}

/** What is known of one request, or of one `/live` connection. */
export interface RequestFacts {
  /** Null: nobody signed in. Whoever makes this has checked cookie (and Origin) or token. */
  readonly login: Login | null;
  /** It was counted as an attempt to sign in, for its address. */
  readonly countedAsLogin?: boolean;
  readonly requestId: string;
  /** The client's address, as far as trusted proxies tell. */
  readonly address: string;
  /** What the browser or script says that it is. */
  readonly userAgent?: string | null;
  /** It came over a network in plain http: nothing secret is to be answered. Told of REST's requests alone. */
  readonly inPlain?: boolean;
  /** `X-Agent-Token`; only REST's `POST /agents/register` has one. */
  readonly agentToken?: string | null;
}

/** What is told of each call of a procedure; see `Metrics`. Seconds are null for a subscription. */
export interface CallWatch {
  called(procedure: string, code: string, seconds: number | null): void;
}

export interface Context extends RequestFacts {
  readonly services: Services;
  readonly log: Log;
  readonly watch?: CallWatch | undefined;
}

export const contextMaker =
  (services: Services, log: Log, watch?: CallWatch) =>
  (facts: RequestFacts): Context => ({ ...facts, services, log, watch });
