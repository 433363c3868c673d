import pg from "pg";
import { AgentsInbox } from "../modules/agents/agents-inbox";
import { AgentsJobs } from "../modules/agents/agents-jobs";
import { AgentsService } from "../modules/agents/agents-service";
import { Heartbeats } from "../modules/agents/heartbeats";
import { RegistrationTokensService } from "../modules/agents/registration-tokens-service";
import { AuditService } from "../modules/audit/audit-service";
import { HomesInbox } from "../modules/homes/homes-inbox";
import { HomesService } from "../modules/homes/homes-service";
import { LiveService } from "../modules/live/live-service";
import { AppAccess } from "../modules/sessions/app-access";
import { PhaseWait } from "../modules/sessions/phase-wait";
import { SessionAdoption } from "../modules/sessions/session-adoption";
import { SessionChanges } from "../modules/sessions/session-changes";
import { SessionCreation } from "../modules/sessions/session-creation";
import { SessionsInbox } from "../modules/sessions/sessions-inbox";
import { SessionsJobs } from "../modules/sessions/sessions-jobs";
import { SessionsService } from "../modules/sessions/sessions-service";
import { ViewerAccess } from "../modules/sessions/viewer-access";
import { ViewerTickets } from "../modules/sessions/viewer-tickets";
import { SystemService } from "../modules/system/system-service";
import { TasksInbox } from "../modules/tasks/tasks-inbox";
import { TaskDispatcher } from "../modules/tasks/tasks-jobs";
import { TasksService } from "../modules/tasks/tasks-service";
import { seedTemplates } from "../modules/templates/seed-templates";
import { TemplatesService } from "../modules/templates/templates-service";
import { AuthService } from "../modules/users/auth-service";
import { loginLimits } from "../modules/users/login-limits";
import { TicketsService } from "../modules/users/tickets-service";
import { UsersService } from "../modules/users/users-service";
import { systemClock } from "../platform/clock";
import { openPostgresBus } from "../platform/db/postgres-bus";
import { systemIds } from "../platform/ids";
import { createLog } from "../platform/log";
import { deriveKeys } from "../platform/secrets";
import { createCaller } from "../trpc/app-router";
import { contextMaker, type Services } from "../trpc/context";
import { FakeGateway } from "./fake-agent";
import { TestClock } from "./test-clock";
import { testDatabase } from "./test-database";

export type ServiceKit = Awaited<ReturnType<typeof startServiceKit>>;

/** Every service on a real database and a real bus; agents are fakes at the channel's port, time moves by hand. Close it in `afterAll`. */
export async function startServiceKit(options: { loginsPerMinute?: number } = {}) {
  const { prisma: database, url, close } = await testDatabase();
  const log = createLog("silent");
  const bus = await openPostgresBus({ url, log, clock: systemClock });
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  const clock = new TestClock();
  const ids = systemIds;
  const keys = deriveKeys(new Uint8Array(32).fill(7));
  const gateway = new FakeGateway();
  const base = { database, bus, clock, ids, log, gateway };
  const publicUrl = new URL("https://berth.example");

  const audit = new AuditService({ database });
  const tickets = new TicketsService(base);
  const users = new UsersService({ ...base, audit, tickets });
  const perMinute = options.loginsPerMinute ?? 5;
  const limits = loginLimits(pool, { address: perMinute, usernameAndAddress: perMinute });
  const auth = new AuthService({ ...base, keys, cookieName: "berth-session", limits, audit, tickets });
  const tasks = new TasksService(base);
  const templates = new TemplatesService({ ...base, audit });
  const homes = new HomesService({ ...base, audit, tasks });
  const agents = new AgentsService({ ...base, audit, tasks });
  const registrationTokens = new RegistrationTokensService({
    ...base,
    audit,
    agentUrl: publicUrl,
    agentBundleSha256: () => "ab".repeat(32),
  });
  const changes = new SessionChanges({ ...base, tasks, templates });
  const wait = new PhaseWait(base);
  const sessions = new SessionsService({ ...base, audit, agents, homes, tasks, changes, wait });
  const sessionCreation = new SessionCreation({ ...base, audit, users, agents, homes, templates, changes, sessions });
  const adoption = new SessionAdoption({ ...base, audit, changes });
  const appEntryUrl = (id: string, ticket: string) => `https://s-${id}.apps.example/?ticket=${ticket}`;
  const viewerTickets = new ViewerTickets({ ...base, audit, tickets, appEntryUrl });
  const viewerAccess = new ViewerAccess({ ...base, auth, tickets, publicUrl });
  const appAccess = new AppAccess({ ...base, auth, tickets, key: keys.appCookie });
  const live = new LiveService({ ...base, auth, ownerOfSession: (id) => sessions.ownerOf(id) });
  const system = new SystemService({ version: "test", publicUrl, agentUrl: publicUrl, appsDomain: "apps.example", notices: () => [] });
  const sessionsInbox = new SessionsInbox({ ...base, tasks, changes });
  const listeners = [sessionsInbox, new HomesInbox()];
  const tasksInbox = new TasksInbox({ ...base, listeners });
  const dispatcher = new TaskDispatcher({ ...base, listeners });
  const heartbeats = new Heartbeats(base);
  const inbox = new AgentsInbox({ ...base, heartbeats, tasks, tasksInbox, sessionsInbox, homes });
  const agentsJobs = new AgentsJobs({ ...base, sessionsInbox });
  const sessionsJobs = new SessionsJobs(base);
  const services: Services = {
    auth,
    users,
    agents,
    registrationTokens,
    templates,
    sessions,
    sessionCreation,
    adoption,
    viewerTickets,
    homes,
    tasks,
    audit,
    live,
    system,
  };
  await seedTemplates({ database, templates });
  live.start();
  dispatcher.start();
  const makeContext = contextMaker(services, log);

  return {
    ...base,
    services,
    keys,
    pool,
    url,
    publicUrl,
    inbox,
    tasksInbox,
    sessionsInbox,
    dispatcher,
    heartbeats,
    agentsJobs,
    sessionsJobs,
    viewerAccess,
    appAccess,
    tickets,
    limits,
    makeContext,
    /** The procedures as this login, or as nobody. */
    callerOf: (login: Parameters<typeof makeContext>[0]["login"], agentToken: string | null = null) =>
      createCaller(makeContext({ login, requestId: "req-test", address: "192.0.2.1", agentToken })),
    async close() {
      live.stop();
      await dispatcher.stop();
      await bus.close();
      await pool.end();
      await close();
    },
  };
}
