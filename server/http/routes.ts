/**
 * Every path that is answered outside Next, with who may use it. What is not here belongs to Next; an upgrade that is not here is
 * refused. The tests of threats 1 and 8 walk this table: a path that is added without its authorisation turns them red.
 *
 * `public`: anyone. `operator`: an operator's or admin's login, or this machine itself. `admin`: an admin's. `login`: a signed-in person, before anything else.
 * `procedure`: the policy of each procedure decides. `agent`: an agent's own credential. `viewer`: a ticket, or a login that may see the session.
 */
export const routes = {
  healthz: { kind: "http", path: "/healthz", access: "public" },
  metrics: { kind: "http", path: "/metrics", access: "operator" },
  trpc: { kind: "http", path: "/api/trpc/*", access: "procedure" },
  openApi: { kind: "http", path: "/api/v1/openapi.json", access: "public" },
  containersOpenApi: { kind: "http", path: "/v1/openapi.json", access: "public" },
  auditExport: { kind: "http", path: "/api/v1/audit/export", access: "admin" },
  sessionArchive: { kind: "http", path: "/api/v1/sessions/{id}/archive/*", access: "login", streams: true },
  sessionUpload: { kind: "http", path: "/api/v1/sessions/{id}/uploads/*", access: "login", streams: true },
  sessionLogStream: { kind: "http", path: "/api/v1/sessions/{id}/logs/stream", access: "login" },
  containerLogStream: { kind: "http", path: "/v1/agents/{id}/logs/stream", access: "login" },
  sessionFiles: { kind: "http", path: "/v1/agents/{id}/files", access: "login" },
  sessionFile: { kind: "http", path: "/v1/agents/{id}/files/*", access: "login", streams: true },
  agentHeartbeat: { kind: "http", path: "/api/v1/agents/{id}/heartbeat", access: "agent" },
  agentCertificate: { kind: "http", path: "/api/v1/agents/{id}/certificate", access: "agent" },
  // The same path is an administrator's by POST.
  agentTasks: { kind: "http", path: "/api/v1/agents/{id}/tasks", method: "GET", access: "agent" },
  agentTaskComplete: { kind: "http", path: "/api/v1/agents/{id}/tasks/{taskId}/complete", access: "agent" },
  nodeReady: { kind: "http", path: "/api/nodes/{id}/ready", access: "agent" },
  nodeHeartbeat: { kind: "http", path: "/api/nodes/{id}/heartbeat", access: "agent" },
  rest: { kind: "http", path: "/api/v1/*", access: "procedure" },
  containers: { kind: "http", path: "/v1/agents/*", access: "procedure" },
  templateIcon: { kind: "http", path: "/template-icons/{name}", access: "login" },
  sessionThumbnail: { kind: "http", path: "/session-thumbnails/{id}", access: "login" },
  agentBundle: { kind: "http", path: "/agent/download/agent.mjs", access: "public" },
  agentBundleHash: { kind: "http", path: "/agent/download/agent.mjs.sha256", access: "public" },
  agentInstaller: { kind: "http", path: "/agent/install.sh", access: "public" },
  agentAuthority: { kind: "http", path: "/agent/ca.pem", access: "public" },
  socketIo: { kind: "http", path: "/socket.io/", access: "login" },
  socketIoSocket: { kind: "upgrade", path: "/socket.io/", access: "login" },
  live: { kind: "upgrade", path: "/live", access: "login" },
  agentChannel: { kind: "upgrade", path: "/agent/ws", access: "agent" },
  agentTaskStream: { kind: "upgrade", path: "/api/v1/agents/{id}/task-stream", access: "agent" },
  agentTunnel: { kind: "upgrade", path: "/agent/tunnel/{id}", access: "agent" },
  viewer: { kind: "upgrade", path: "/vnc-viewer/{id}", access: "viewer" },
  sessionLogs: { kind: "upgrade", path: "/api/v1/sessions/{id}/logs", access: "login" },
  terminal: { kind: "upgrade", path: "/api/v1/sessions/{id}/terminals/{terminal}", access: "viewer" },
  exec: { kind: "upgrade", path: "/api/v1/sessions/{id}/exec", access: "viewer" },
  port: { kind: "upgrade", path: "/api/v1/sessions/{id}/ports/{port}", access: "viewer" },
} as const satisfies Record<string, Route>;

export interface Route {
  readonly kind: "http" | "upgrade";
  /** `{name}` takes one segment, `*` at the end all that follows. */
  readonly path: `/${string}`;
  /** Of requests: by other methods it is another route's, or nothing. */
  readonly method?: "GET";
  /** Its body is as long as it is, and nobody waits for its end. */
  readonly streams?: true;
  readonly access: "public" | "operator" | "admin" | "login" | "procedure" | "agent" | "viewer";
}

type Named<Kind extends Route["kind"]> = {
  [Name in keyof typeof routes]: (typeof routes)[Name]["kind"] extends Kind ? Name : never;
}[keyof typeof routes];
export type HttpRouteName = Named<"http">;
export type UpgradeRouteName = Named<"upgrade">;

export type Match =
  | { kind: "http"; name: HttpRouteName; params: Readonly<Record<string, string>> }
  | { kind: "upgrade"; name: UpgradeRouteName; params: Readonly<Record<string, string>> };

const compiled = Object.entries(routes).map(([name, route]: [string, Route]) => ({
  name,
  route,
  pattern: compile(route.path),
  /** What every path of it begins with. */
  begin: route.path.replace(/[{*].*$/, ""),
}));
const isHttp = (name: string): name is HttpRouteName => name in routes && routes[name as keyof typeof routes].kind === "http";
const isUpgrade = (name: string): name is UpgradeRouteName => name in routes && routes[name as keyof typeof routes].kind === "upgrade";

function compile(path: string): RegExp {
  const body = path
    .replace(/[.]/g, "\\.")
    .replace(/\{(\w+)\}/g, "(?<$1>[A-Za-z0-9._~-]{1,200})")
    .replace(/\*$/, "(?<rest>.*)");
  return new RegExp(`^${body}$`);
}

/**
 * The route of a pathname, taken as it was sent: an encoded path is another path. A path may be served both ways: of the two, the one of
 * the kind that was asked for.
 */
export function matchRoute(pathname: string, asked: Route["kind"], method?: string): Match | null {
  const found = matches(pathname, method);
  return found.find(({ kind }) => kind === asked) ?? found[0] ?? null;
}

/** What the agents' own listener answers: what agents do, and how a host becomes one. */
export const isForAgents = (match: Match | null, pathname: string): boolean =>
  match !== null && (routes[match.name].access === "agent" || match.name === "agentAuthority" || pathname === "/api/v1/agents/register");

/** What a path takes of itself, where by other methods it is what another route serves. */
export const methodsBeside = (pathname: string): string[] =>
  compiled.flatMap(({ route, pattern }) => (route.method !== undefined && pattern.test(pathname) ? [route.method] : []));

function matches(pathname: string, method: string | undefined): Match[] {
  const all: Match[] = [];
  for (const { name, route, pattern, begin } of compiled) {
    if (!pathname.startsWith(begin)) continue;
    if (route.method !== undefined && method !== undefined && route.method !== method) continue;
    const found = pattern.exec(pathname);
    if (!found) continue;
    const params = { ...found.groups };
    if (isHttp(name)) all.push({ kind: "http", name, params });
    if (isUpgrade(name)) all.push({ kind: "upgrade", name, params });
  }
  return all;
}
