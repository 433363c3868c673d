import type { HttpRouteName, UpgradeRouteName } from "../http/routes";
import { PASSWORD } from "./factories";

/**
 * Who asks. The thing asked for belongs to `own` and runs on `agent`; `other` is another user, `disabled` was disabled after signing in,
 * the agents show their own credential.
 */
export const people = ["nobody", "other", "own", "operator", "admin", "disabled", "agent", "wrong agent"] as const;
export type Person = (typeof people)[number];

/** `ok`: let through, whatever comes of it then. `401`: sign in. `403`: refused. `404`: looks as if it weren't there. */
export type Outcome = "ok" | "401" | "403" | "404";

/** In the order of `people`. */
export type Expected = readonly [Outcome, Outcome, Outcome, Outcome, Outcome, Outcome, Outcome, Outcome];

export interface Things {
  /** Running sessions of the owner's: a desktop and a web app. */
  readonly sessionId: string;
  readonly appSessionId: string;
  readonly homeId: string;
  readonly snapshotId: string;
  readonly taskId: string;
  /** A link to the desktop. */
  readonly shareId: string;
  readonly agentName: string;
  readonly ownerName: string;
  /** Nothing has this name yet. */
  readonly freshName: string;
}

export interface ProcedureRow {
  readonly expected: Expected;
  readonly input?: (things: Things) => Record<string, unknown>;
  /** No API token may: it is a person's own. */
  readonly peopleOnly?: true;
  /** What it does spoils the session, the share, the login, or all logins of the person, for whoever comes next. */
  readonly spoils?: "session" | "share" | "login" | "every login";
}

/** What agents and disabled people are answered wherever a login is read: a credential that isn't good is refused, not overlooked. */
const outsiders = ["401", "401", "401"] as const;
type Insiders = readonly [nobody: Outcome, other: Outcome, own: Outcome, operator: Outcome, admin: Outcome];
const of = (insiders: Insiders): Expected => [...insiders, ...outsiders];

const nobodyId = "00000000-0000-4000-8000-000000000000";
const anyone = of(["ok", "ok", "ok", "ok", "ok"]);
const signedIn = of(["401", "ok", "ok", "ok", "ok"]);
const ownAndStaff = of(["401", "404", "ok", "ok", "ok"]);
const staffRefused = of(["401", "403", "ok", "ok", "ok"]);
const ownAndAdmin = of(["401", "404", "ok", "403", "ok"]);
const ownAndAdminHidden = of(["401", "404", "ok", "404", "ok"]);
const staff = of(["401", "403", "403", "ok", "ok"]);
const admins = of(["401", "403", "403", "403", "ok"]);
const ownAlone = of(["401", "404", "ok", "403", "403"]);
/** For whoever has the link: without it there is nothing, for anyone. */
const strangers = of(["404", "404", "404", "404", "404"]);
const noLink = "A".repeat(43);
const none = of(["401", "401", "401", "401", "401"]);
const everything: Expected = ["ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok"];

const id = ({ sessionId }: Things) => ({ id: sessionId });
const agentId = ({ agentName }: Things) => ({ id: agentName });
const containerId = ({ sessionId }: Things) => ({ containerId: sessionId });
const orphan = ({ agentName }: Things) => ({ id: agentName, containerId: "none" });
const template = ({ freshName }: Things) => ({
  name: freshName,
  displayName: "Made",
  category: "Tests",
  image: "berth/test:1",
  display: { protocol: "rfb", port: 5900 },
  defaultResources: { memory: "1Gi", cpu: "1" },
});

/**
 * Every procedure, by name (a second row of one has a word after it). Asked by tRPC over HTTP, and by its REST route where it has one.
 * Roles: a user has their own things; an operator every session's lifecycle, agents and tasks; an administrator everything.
 */
export const procedureRows: Readonly<Record<string, ProcedureRow>> = {
  "auth.signIn": { expected: anyone, input: ({ ownerName }) => ({ username: ownerName, password: PASSWORD }) },
  "auth.signOut": { expected: signedIn, spoils: "login", peopleOnly: true },
  "auth.me": { expected: signedIn },
  // Their credential is the link's token: everyone is refused alike without one.
  "auth.seeInvitation": { expected: none, input: () => ({ token: "made up" }) },
  "auth.acceptInvitation": { expected: none, input: () => ({ token: "made up", password: "long enough" }) },
  "account.update": { expected: signedIn, input: () => ({ timeZone: null }) },
  "account.usage": { expected: signedIn },
  "account.logins": { expected: signedIn, peopleOnly: true },
  // One that is nobody's; another person's own looks the same (see the tests of the service).
  "account.endLogin": { expected: of(["401", "404", "404", "404", "404"]), input: () => ({ id: nobodyId }), peopleOnly: true },
  "account.signOutEverywhere": { expected: signedIn, spoils: "every login", peopleOnly: true },
  "account.secondFactor": { expected: signedIn, peopleOnly: true },
  "account.startSecondFactor": { expected: signedIn, input: () => ({ password: "not it" }), peopleOnly: true },
  "account.confirmSecondFactor": { expected: signedIn, input: () => ({ code: "000000" }), peopleOnly: true },
  "account.renewRecoveryCodes": { expected: signedIn, input: () => ({ password: "not it", code: "000000" }), peopleOnly: true },
  "account.removeSecondFactor": { expected: signedIn, input: () => ({ password: "not it", code: "000000" }), peopleOnly: true },
  "users.list": { expected: admins, input: () => ({}) },
  "users.get": { expected: admins, input: () => ({ id: nobodyId }) },
  "users.usage": { expected: admins, input: () => ({ id: nobodyId }) },
  "users.invite": { expected: admins, input: ({ freshName }) => ({ username: freshName }) },
  "users.renewInvitation": { expected: admins, input: () => ({ id: nobodyId }), peopleOnly: true },
  "users.endLogins": { expected: admins, input: () => ({ id: nobodyId }), peopleOnly: true },
  "users.resetSecondFactor": { expected: admins, input: () => ({ id: nobodyId }), peopleOnly: true },
  "users.create": { expected: admins, input: ({ freshName }) => ({ username: freshName, password: PASSWORD }) },
  "users.createServiceAccount": { expected: admins, input: ({ freshName }) => ({ username: freshName }) },
  "users.update": { expected: admins, input: () => ({ id: nobodyId, role: "admin" }) },
  "users.changePassword": {
    expected: signedIn,
    input: () => ({ currentPassword: "not it", newPassword: "long enough" }),
    peopleOnly: true,
  },
  "tokens.list": { expected: signedIn, input: () => ({}), peopleOnly: true },
  "tokens.create": { expected: signedIn, input: () => ({ name: "a script", scope: "read" }), peopleOnly: true },
  "tokens.revoke": { expected: of(["401", "404", "404", "404", "404"]), input: () => ({ id: nobodyId }), peopleOnly: true },
  // Its credential is the one-time token: everyone is refused alike without one.
  "agents.register": { expected: none, input: () => ({ name: "intruder", version: "1" }) },
  "agents.list": { expected: staff, input: () => ({}) },
  "agents.stats": { expected: staff },
  "agents.get": { expected: staff, input: agentId },
  "agents.usage": { expected: staff, input: agentId },
  // Of an agent that has none: whoever may ask is told so.
  "agents.nodeEvents": { expected: staff, input: agentId },
  "agents.setStatus": { expected: staff, input: (things) => ({ ...agentId(things), status: "online" }) },
  "agents.update": { expected: staff, input: (things) => ({ ...agentId(things), labels: {} }) },
  // Of one that isn't there: the agent of the tests would be gone.
  "agents.remove": { expected: staff, input: () => ({ id: "no-such-agent" }) },
  "agents.approve": { expected: admins, input: (things) => ({ ...agentId(things), keyFingerprint: "0".repeat(64) }) },
  "agents.adoptOrphan": { expected: staff, input: orphan },
  "agents.removeOrphan": { expected: staff, input: orphan },
  "registrationTokens.list": { expected: admins },
  "registrationTokens.create": { expected: admins, input: () => ({}) },
  "registrationTokens.revoke": { expected: admins, input: () => ({ id: nobodyId }) },
  "quotas.list": { expected: admins },
  "quotas.set": { expected: admins, input: () => ({ role: "operator" }) },
  "templates.list": { expected: signedIn, input: () => ({}) },
  "templates.shelves": { expected: signedIn },
  "templates.setFavourite": { expected: signedIn, input: () => ({ name: "firefox-browser", favourite: true }) },
  "templates.get": { expected: signedIn, input: () => ({ name: "firefox-browser" }) },
  "templates.create": { expected: admins, input: template },
  "templates.update": { expected: admins, input: (things) => ({ ...template(things), security: "compatible" }) },
  "templates.remove": { expected: admins, input: () => ({ name: "no-such-template" }) },
  "templates.versions": { expected: staff, input: () => ({ name: "firefox-browser" }) },
  "templates.version": { expected: staff, input: () => ({ name: "firefox-browser", version: 1 }) },
  "templates.usage": { expected: staff, input: () => ({ name: "firefox-browser" }) },
  "templates.warmPool": { expected: staff, input: () => ({ name: "firefox-browser" }) },
  "templates.setWarmPool": { expected: admins, input: () => ({ name: "no-such-template", size: 1 }) },
  "templates.export": { expected: staff, input: () => ({ name: "firefox-browser" }) },
  "templates.rollback": { expected: admins, input: () => ({ name: "no-such-template", version: 1, fromVersion: 1 }) },
  "templates.clone": { expected: admins, input: ({ freshName }) => ({ name: "firefox-browser", newName: freshName }) },
  "templates.previewImport": { expected: admins, input: () => ({ yaml: "kind: Template" }) },
  "templates.import": { expected: admins, input: () => ({ yaml: "kind: Template", fromVersion: null }) },
  "templates.icons": { expected: admins },
  "templates.uploadIcon": { expected: admins, input: () => ({ png: "bm8gcGljdHVyZQ==" }) },
  "sessions.create": {
    expected: of(["401", "403", "ok", "403", "ok"]),
    input: ({ ownerName }) => ({ user: ownerName, template: "scratchpad" }),
  },
  "sessions.list": { expected: signedIn, input: () => ({}) },
  "sessions.explainPlacement": { expected: signedIn, input: () => ({ template: "scratchpad" }) },
  "sessions.counts": { expected: signedIn },
  "sessions.get": { expected: ownAndStaff, input: id },
  "sessions.events": { expected: ownAndStaff, input: id },
  "sessions.setState": { expected: ownAndStaff, input: (things) => ({ ...id(things), state: "running" }) },
  "sessions.setState terminated": {
    expected: of(["401", "404", "403", "403", "ok"]),
    input: (things) => ({ ...id(things), state: "terminated" }),
    spoils: "session",
  },
  "sessions.terminate": { expected: ownAndStaff, input: id, spoils: "session" },
  "sessions.adopt": { expected: ownAndStaff, input: id },
  "sessions.abandon": { expected: ownAndStaff, input: id },
  "sessions.delete": { expected: ownAndStaff, input: id, spoils: "session" },
  // It may hold what the owner typed: no operator's.
  "sessions.logs": { expected: ownAndAdmin, input: id },
  "terminals.list": { expected: ownAndAdmin, input: id },
  "terminals.create": { expected: ownAndAdmin, input: (things) => ({ ...id(things), reason: "they asked for help" }) },
  "terminals.end": { expected: ownAndAdmin, input: (things) => ({ ...id(things), terminalId: "0123456789abcdef" }) },
  "terminals.openTicket": { expected: ownAndAdmin, input: (things) => ({ ...id(things), reason: "they asked for help" }) },
  "terminals.visits": { expected: ownAndAdmin, input: id },
  "ports.list": { expected: ownAndAdmin, input: id },
  "ports.save": { expected: ownAndAdmin, input: (things) => ({ ...id(things), port: 3000 }) },
  "ports.forget": { expected: ownAndAdmin, input: (things) => ({ ...id(things), port: 9999 }) },
  "ports.shares": { expected: ownAndAdmin, input: id },
  "ports.share": { expected: ownAlone, input: (things) => ({ ...id(things), port: 3000 }) },
  // There is no such link.
  "ports.unshare": { expected: of(["401", "404", "404", "403", "404"]), input: (things) => ({ ...id(things), shareId: nobodyId }) },
  "ports.lookAtLink": { expected: of(["401", "404", "404", "404", "404"]), input: () => ({ token: noLink }) },
  "ports.enterByLink": { expected: of(["401", "404", "404", "404", "404"]), input: () => ({ token: noLink }) },
  "sessions.openPort": { expected: ownAndAdmin, input: (things) => ({ ...id(things), port: 3000, reason: "they asked for help" }) },
  // Another's is refused where elsewhere it isn't there: the contract asks for it.
  "containers.restart": { expected: staffRefused, input: containerId, spoils: "session" },
  "containers.stop": { expected: staffRefused, input: containerId, spoils: "session" },
  "containers.start": { expected: staffRefused, input: containerId },
  "containers.healthSummary": { expected: signedIn, input: () => ({}) },
  "containers.healthSummary all": { expected: of(["401", "403", "403", "ok", "ok"]), input: () => ({ all: true }) },
  "containers.health": { expected: staffRefused, input: containerId },
  "containers.stats": { expected: staffRefused, input: containerId },
  "containers.liveStats": { expected: staffRefused, input: containerId },
  "containers.env": { expected: of(["401", "403", "ok", "403", "ok"]), input: containerId },
  "containers.env revealed": {
    expected: of(["401", "403", "ok", "403", "403"]),
    input: (things) => ({ ...containerId(things), reveal: true }),
  },
  "containers.updateEnv": {
    expected: of(["401", "403", "ok", "403", "403"]),
    input: (things) => ({ ...containerId(things), env: { EDITOR: "vi" } }),
  },
  "containers.logs": { expected: of(["401", "403", "ok", "403", "ok"]), input: containerId },
  "containers.versions": { expected: staffRefused, input: containerId },
  "containers.updateVersion": {
    expected: staffRefused,
    input: (things) => ({ ...containerId(things), templateVersion: 1 }),
    spoils: "session",
  },
  "containers.cancelUpdate": { expected: staffRefused, input: containerId },
  "sessions.openViewer": { expected: ownAndAdmin, input: (things) => ({ ...id(things), reason: "they asked for help" }) },
  "sessions.reportFirstFrame": { expected: ownAndAdmin, input: id },
  "sessions.stay": { expected: ownAndAdmin, input: id },
  "sessions.setPolicy": { expected: ownAndAdmin, input: (things) => ({ ...id(things), policy: {} }) },
  "sessions.viewers": { expected: ownAndAdmin, input: id },
  "sessions.control": { expected: ownAndAdmin, input: (things) => ({ ...id(things), action: "release" }) },
  "shares.list": { expected: ownAndAdmin, input: ({ sessionId }) => ({ sessionId }) },
  "shares.create": { expected: ownAlone, input: ({ sessionId }) => ({ sessionId }) },
  "shares.revoke": { expected: ownAndAdmin, input: ({ shareId }) => ({ id: shareId }), spoils: "share" },
  "shares.mine": { expected: signedIn },
  "shares.enter": { expected: strangers, input: () => ({ token: noLink, name: "someone" }) },
  "shares.guest": { expected: strangers, input: () => ({ token: noLink, guestKey: noLink }) },
  "shares.guestControl": { expected: strangers, input: () => ({ token: noLink, guestKey: noLink, action: "request" }) },
  "files.list": { expected: ownAndAdmin, input: (things) => ({ ...id(things), reason: "they asked for help" }) },
  "files.changes": { expected: ownAndAdmin, input: (things) => ({ ...id(things), reason: "help" }) },
  "files.makeFolder": { expected: ownAndAdmin, input: (things) => ({ ...id(things), path: "/home/user/a", reason: "help" }) },
  "files.move": { expected: ownAndAdmin, input: (things) => ({ ...id(things), from: "/home/user/a", to: "/home/user/b", reason: "help" }) },
  "files.remove": { expected: ownAndAdmin, input: (things) => ({ ...id(things), path: "/home/user/a", reason: "help" }) },
  "homes.list": { expected: signedIn, input: () => ({}) },
  "snapshots.list": { expected: signedIn, input: () => ({}) },
  "snapshots.ofSession": { expected: signedIn, input: ({ sessionId }) => ({ sessionId }) },
  "snapshots.get": { expected: ownAndAdminHidden, input: ({ snapshotId }) => ({ id: snapshotId }) },
  "snapshots.create": { expected: ownAlone, input: ({ sessionId }) => ({ sessionId, name: "a copy" }) },
  // Of one that isn't there: the owner's would be gone for whoever comes next (see the tests of the service).
  "snapshots.delete": { expected: of(["401", "404", "404", "404", "404"]), input: () => ({ id: nobodyId }) },
  "homes.delete": { expected: ownAndAdminHidden, input: ({ homeId }) => ({ id: homeId }) },
  "tasks.list": { expected: signedIn, input: () => ({}) },
  "tasks.get": { expected: ownAndStaff, input: ({ taskId }) => ({ id: taskId }) },
  "tasks.create": {
    expected: admins,
    input: (things) => ({ ...agentId(things), taskType: "docker.pull", payload: { image: "registry.example/app" } }),
  },
  "tasks.createForAny": {
    expected: admins,
    input: () => ({ selector: {}, taskType: "docker.pull", payload: { image: "registry.example/app" } }),
  },
  "tasks.logs": { expected: ownAndStaff, input: ({ taskId }) => ({ id: taskId }) },
  "tasks.retry": { expected: admins, input: ({ taskId }) => ({ id: taskId }) },
  "tasks.cancel": { expected: admins, input: ({ taskId }) => ({ id: taskId }) },
  "audit.list": { expected: admins, input: () => ({}) },
  "audit.words": { expected: admins },
  "registries.list": { expected: admins },
  "registries.save": {
    expected: admins,
    input: ({ freshName }) => ({ host: `${freshName}.example`, username: "puller", password: "registry-password" }),
  },
  "registries.remove": { expected: admins, input: () => ({ host: "nobody.example" }) },
  "webhooks.list": { expected: admins },
  "webhooks.get": { expected: admins, input: () => ({ id: nobodyId }) },
  "webhooks.create": {
    expected: admins,
    input: ({ freshName }) => ({ name: freshName, url: "https://example.com/", events: ["task.failed"] }),
  },
  "webhooks.update": { expected: admins, input: () => ({ id: nobodyId, active: false }) },
  "webhooks.remove": { expected: admins, input: () => ({ id: nobodyId }) },
  "webhooks.rotateSecret": { expected: admins, input: () => ({ id: nobodyId }) },
  "webhooks.test": { expected: admins, input: () => ({ id: nobodyId }) },
  "webhooks.deliveries": { expected: admins, input: () => ({ id: nobodyId }) },
  "webhooks.sendAgain": { expected: admins, input: () => ({ id: nobodyId, deliveryId: nobodyId }) },
  "live.events": { expected: signedIn },
  "system.status": { expected: signedIn },
};

/** API tokens: whose they are, and as whom they are let in where their scope lets them. */
export const tokenHolders = {
  "the owner's read token": { owner: "own", as: "own", scope: "read" },
  "the owner's write token": { owner: "own", as: "own", scope: "write" },
  "an administrator's read token": { owner: "admin", as: "operator", scope: "read" },
  "an administrator's write token": { owner: "admin", as: "operator", scope: "write" },
  "an administrator's admin token": { owner: "admin", as: "admin", scope: "admin" },
} as const satisfies Record<string, { owner: Person; as: Person; scope: "read" | "write" | "admin" }>;
export type TokenHolder = keyof typeof tokenHolders;

/** What a token meets: its owner's narrowed rights, less every change where it may only read, less what is a person's own. */
export function expectedOfToken(holder: TokenHolder, row: Pick<ProcedureRow, "expected" | "peopleOnly">, isChange: boolean): Outcome {
  const { as, scope } = tokenHolders[holder];
  if (row.peopleOnly || (scope === "read" && isChange)) return "403";
  return row.expected[people.indexOf(as)] ?? "401";
}

type AgentHttpRoute = "agentCertificate" | "agentHeartbeat" | "agentTasks" | "agentTaskComplete" | "nodeReady" | "nodeHeartbeat";

/** The plain paths beside tRPC and REST. */
export const httpRows: Readonly<Record<Exclude<HttpRouteName, "trpc" | "rest" | "containers" | AgentHttpRoute>, Expected>> = {
  openApi: everything,
  containersOpenApi: everything,
  healthz: everything,
  auditExport: admins,
  // From another machine; this one needs no login.
  metrics: staff,
  // The access table's test uploads one, whose name stands for the path's.
  templateIcon: signedIn,
  // What a screen shows is nobody's but its owner's: no role opens it.
  sessionThumbnail: ownAlone,
  // They hold what the owner has; the test gives a reason.
  sessionLogStream: ownAndAdmin,
  containerLogStream: of(["401", "403", "ok", "403", "ok"]),
  sessionFiles: of(["401", "403", "ok", "403", "ok"]),
  sessionFile: of(["401", "403", "ok", "403", "ok"]),
  sessionArchive: ownAndAdmin,
  sessionUpload: ownAndAdmin,
  socketIo: signedIn,
  agentAuthority: everything,
  agentBundle: everything,
  agentBundleHash: everything,
  agentInstaller: everything,
};

/** Ways in that become sockets or apps, or are agents' own, by what is shown at the door. `ok` is a 101, or the app's or agent's own answer. */
export const socketRows: Readonly<
  Record<string, { readonly route: UpgradeRouteName | "apps" | AgentHttpRoute; readonly expected: Expected }>
> = {
  live: { route: "live", expected: signedIn },
  socketIo: { route: "socketIoSocket", expected: signedIn },
  "viewer by token": { route: "viewer", expected: of(["401", "404", "ok", "403", "403"]) },
  // Each brings the ticket that they were given; a disabled person one from before, an agent its proof.
  "viewer by ticket": { route: "viewer", expected: ownAndAdmin },
  sessionLogs: { route: "sessionLogs", expected: ownAndAdmin },
  terminal: { route: "terminal", expected: of(["401", "404", "ok", "403", "403"]) },
  "exec by token": { route: "exec", expected: of(["401", "404", "ok", "403", "403"]) },
  "exec by ticket": { route: "exec", expected: ownAndAdmin },
  "port by token": { route: "port", expected: of(["401", "404", "ok", "403", "403"]) },
  "port by ticket": { route: "port", expected: ownAndAdmin },
  agentChannel: { route: "agentChannel", expected: ["401", "401", "401", "401", "401", "401", "ok", "403"] },
  agentHeartbeat: { route: "agentHeartbeat", expected: ["401", "401", "401", "401", "401", "401", "ok", "403"] },
  nodeReady: { route: "nodeReady", expected: ["401", "401", "401", "401", "401", "401", "ok", "403"] },
  nodeHeartbeat: { route: "nodeHeartbeat", expected: ["401", "401", "401", "401", "401", "401", "ok", "403"] },
  agentTasks: { route: "agentTasks", expected: ["401", "401", "401", "401", "401", "401", "ok", "403"] },
  agentTaskComplete: { route: "agentTaskComplete", expected: ["401", "401", "401", "401", "401", "401", "ok", "403"] },
  agentTaskStream: { route: "agentTaskStream", expected: ["401", "401", "401", "401", "401", "401", "ok", "403"] },
  agentCertificate: { route: "agentCertificate", expected: ["401", "401", "401", "401", "401", "401", "ok", "403"] },
  agentTunnel: { route: "agentTunnel", expected: ["401", "401", "401", "401", "401", "401", "ok", "404"] },
  // A login is no key to an app's origin: neither token nor cookie.
  "app by token": { route: "apps", expected: none },
  "app by ticket": { route: "apps", expected: ownAndAdmin },
  "app's WebSocket by token": { route: "apps", expected: none },
  "app's WebSocket by ticket": { route: "apps", expected: ownAndAdmin },
  "another port's app by ticket": { route: "apps", expected: ownAndAdmin },
};
