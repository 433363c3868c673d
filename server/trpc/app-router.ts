import { agentsRouter, registrationTokensRouter } from "../modules/agents/agents-router";
import { auditRouter } from "../modules/audit/audit-router";
import { containersRouter } from "../modules/containers/containers-router";
import { environmentRouter } from "../modules/containers/environment-router";
import { versionsRouter } from "../modules/containers/versions-router";
import { filesRouter } from "../modules/files/files-router";
import { homesRouter } from "../modules/homes/homes-router";
import { liveRouter } from "../modules/live/live-router";
import { quotasRouter } from "../modules/quotas/quotas-router";
import { registriesRouter } from "../modules/registries/registries-router";
import { portsRouter } from "../modules/sessions/ports/ports-router";
import { sessionsRouter, sharesRouter } from "../modules/sessions/sessions-router";
import { terminalsRouter } from "../modules/sessions/terminals/terminals-router";
import { snapshotsRouter } from "../modules/snapshots/snapshots-router";
import { systemRouter } from "../modules/system/system-router";
import { tasksRouter } from "../modules/tasks/tasks-router";
import { templatesRouter } from "../modules/templates/templates-router";
import { tokensRouter } from "../modules/tokens/tokens-router";
import { accountRouter } from "../modules/users/account-router";
import { authRouter, usersRouter } from "../modules/users/users-router";
import { webhooksRouter } from "../modules/webhooks/webhooks-router";
import { createCallerFactory, mergeRouters, router } from "./init";

export const appRouter = router({
  auth: authRouter,
  account: accountRouter,
  users: usersRouter,
  tokens: tokensRouter,
  agents: agentsRouter,
  registrationTokens: registrationTokensRouter,
  templates: templatesRouter,
  quotas: quotasRouter,
  sessions: sessionsRouter,
  shares: sharesRouter,
  files: filesRouter,
  terminals: terminalsRouter,
  ports: portsRouter,
  containers: mergeRouters(containersRouter, environmentRouter, versionsRouter),
  homes: homesRouter,
  snapshots: snapshotsRouter,
  tasks: tasksRouter,
  audit: auditRouter,
  webhooks: webhooksRouter,
  registries: registriesRouter,
  live: liveRouter,
  system: systemRouter,
});
export type AppRouter = typeof appRouter;

/** `createCaller(context)` calls procedures in the process, with the same policies. */
export const createCaller = createCallerFactory(appRouter);
export type AppCaller = ReturnType<typeof createCaller>;
