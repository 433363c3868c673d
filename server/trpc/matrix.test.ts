import { BerthError } from "@berth/protocol/errors";
import { TRPCError } from "@trpc/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Asker, UserRole } from "../modules/users/users-schema";
import { makeAgent, makeAsker, makeRunningSession, PASSWORD } from "../testing/factories";
import type { FakeAgent } from "../testing/fake-agent";
import { type ServiceKit, startServiceKit } from "../testing/service-kit";
import { type AppCaller, appRouter } from "./app-router";

/** Who asks. `owner` and `other` are users; the thing asked for is the owner's. */
const people = ["anonymous", "owner", "other", "operator", "admin"] as const;
type Person = (typeof people)[number];

/** `ok`: the policy lets it through, whatever comes of it then. `401`: sign in. `403`: refused. `404`: looks as if it weren't there. */
type Outcome = "ok" | "401" | "403" | "404";

interface Things {
  /** A running session of the owner's; made anew for each call. */
  readonly sessionId: string;
  readonly homeId: string;
  readonly taskId: string;
  readonly agentName: string;
  readonly ownerName: string;
  readonly templateInput: Parameters<AppCaller["templates"]["create"]>[0];
}

interface Row {
  readonly call: (caller: AppCaller, things: Things) => Promise<unknown>;
  /** In the order of `people`. */
  readonly expected: readonly [Outcome, Outcome, Outcome, Outcome, Outcome];
}

const noThings: Things = {
  sessionId: "",
  homeId: "",
  taskId: "",
  agentName: "",
  ownerName: "",
  templateInput: {
    name: "",
    displayName: "",
    category: "",
    image: "",
    display: { protocol: "rfb", port: 1 },
    defaultResources: { memory: "", cpu: "" },
  },
};
const nobody = "00000000-0000-4000-8000-000000000000";
const everyone = ["401", "ok", "ok", "ok", "ok"] as const;
const ownAndStaff = ["401", "ok", "404", "ok", "ok"] as const;
const ownAndAdmin = ["401", "ok", "404", "403", "ok"] as const;
const ownAndAdminHidden = ["401", "ok", "404", "404", "ok"] as const;
const staff = ["401", "403", "403", "ok", "ok"] as const;
const admins = ["401", "403", "403", "403", "ok"] as const;
const anyone = ["ok", "ok", "ok", "ok", "ok"] as const;

/** Roles: a user has their own things; an operator every session's lifecycle, agents and tasks; an administrator everything. */
const rows: Record<string, Row> = {
  "auth.signIn": { expected: anyone, call: (caller, { ownerName }) => caller.auth.signIn({ username: ownerName, password: PASSWORD }) },
  "auth.signOut": { expected: everyone, call: (caller) => caller.auth.signOut() },
  "auth.me": { expected: everyone, call: (caller) => caller.auth.me() },
  "users.list": { expected: admins, call: (caller) => caller.users.list({}) },
  "users.create": { expected: admins, call: (caller) => caller.users.create({ username: "admin-made", password: PASSWORD }) },
  "users.update": { expected: admins, call: (caller) => caller.users.update({ id: nobody, role: "admin" }) },
  "users.changePassword": {
    expected: everyone,
    call: (caller) => caller.users.changePassword({ currentPassword: "not it", newPassword: "long enough" }),
  },
  // Its credential is the token: everyone is refused alike without one.
  "agents.register": {
    expected: ["401", "401", "401", "401", "401"],
    call: (caller) => caller.agents.register({ name: "intruder", version: "1" }),
  },
  "agents.list": { expected: staff, call: (caller) => caller.agents.list({}) },
  "agents.stats": { expected: staff, call: (caller) => caller.agents.stats() },
  "agents.get": { expected: staff, call: (caller, { agentName }) => caller.agents.get({ id: agentName }) },
  "agents.setStatus": { expected: staff, call: (caller, { agentName }) => caller.agents.setStatus({ id: agentName, status: "online" }) },
  "agents.remove": { expected: staff, call: (caller, { agentName }) => caller.agents.remove({ id: agentName }) },
  "agents.adoptOrphan": {
    expected: staff,
    call: (caller, { agentName }) => caller.agents.adoptOrphan({ id: agentName, containerId: "none" }),
  },
  "agents.removeOrphan": {
    expected: staff,
    call: (caller, { agentName }) => caller.agents.removeOrphan({ id: agentName, containerId: "none" }),
  },
  "registrationTokens.list": { expected: admins, call: (caller) => caller.registrationTokens.list() },
  "registrationTokens.create": { expected: admins, call: (caller) => caller.registrationTokens.create({}) },
  "registrationTokens.revoke": { expected: admins, call: (caller) => caller.registrationTokens.revoke({ id: nobody }) },
  "templates.list": { expected: everyone, call: (caller) => caller.templates.list({}) },
  "templates.get": { expected: everyone, call: (caller) => caller.templates.get({ name: "firefox-browser" }) },
  "templates.create": { expected: admins, call: (caller, { templateInput }) => caller.templates.create(templateInput) },
  "templates.update": {
    expected: admins,
    call: (caller, { templateInput }) => caller.templates.update({ ...templateInput, security: "compatible" }),
  },
  "templates.remove": { expected: admins, call: (caller) => caller.templates.remove({ name: "no-such-template" }) },
  "sessions.create": {
    expected: ["401", "ok", "403", "403", "ok"],
    call: (caller, { ownerName }) => caller.sessions.create({ user: ownerName, template: "scratchpad" }),
  },
  "sessions.list": { expected: everyone, call: (caller) => caller.sessions.list({}) },
  "sessions.counts": { expected: everyone, call: (caller) => caller.sessions.counts() },
  "sessions.get": { expected: ownAndStaff, call: (caller, { sessionId }) => caller.sessions.get({ id: sessionId }) },
  "sessions.events": { expected: ownAndStaff, call: (caller, { sessionId }) => caller.sessions.events({ id: sessionId }) },
  "sessions.setState": {
    expected: ownAndStaff,
    call: (caller, { sessionId }) => caller.sessions.setState({ id: sessionId, state: "running" }),
  },
  "sessions.setState terminated": {
    expected: ["401", "403", "404", "403", "ok"],
    call: (caller, { sessionId }) => caller.sessions.setState({ id: sessionId, state: "terminated" }),
  },
  "sessions.delete": { expected: ownAndStaff, call: (caller, { sessionId }) => caller.sessions.delete({ id: sessionId }) },
  "sessions.openViewer": {
    expected: ownAndAdmin,
    call: (caller, { sessionId }) => caller.sessions.openViewer({ id: sessionId, reason: "they asked for help" }),
  },
  "sessions.reportFirstFrame": {
    expected: ownAndAdmin,
    call: (caller, { sessionId }) => caller.sessions.reportFirstFrame({ id: sessionId }),
  },
  "homes.list": { expected: everyone, call: (caller) => caller.homes.list({}) },
  "homes.delete": { expected: ownAndAdminHidden, call: (caller, { homeId }) => caller.homes.delete({ id: homeId }) },
  "tasks.list": { expected: everyone, call: (caller) => caller.tasks.list({}) },
  "tasks.get": { expected: ownAndStaff, call: (caller, { taskId }) => caller.tasks.get({ id: taskId }) },
  "audit.list": { expected: admins, call: (caller) => caller.audit.list({}) },
  "live.events": {
    expected: everyone,
    call: async (caller) => {
      const events = await caller.live.events();
      for await (const _ of events) break;
    },
  },
  "system.status": { expected: everyone, call: (caller) => caller.system.status() },
};

let kit: ServiceKit;
let agent: FakeAgent;
let owner: Asker;

beforeAll(async () => {
  kit = await startServiceKit({ loginsPerMinute: 1_000 });
  agent = await makeAgent(kit, { capacity: {} });
  owner = await makeAsker(kit);
});
afterAll(() => kit.close());

async function askerFor(person: Person): Promise<Asker | null> {
  if (person === "anonymous") return null;
  if (person === "owner") return owner;
  const role: UserRole = person === "other" ? "user" : person;
  return makeAsker(kit, role);
}

async function things(): Promise<Things> {
  const session = await makeRunningSession(kit, owner, agent);
  const { tasks } = await kit.callerOf(owner).tasks.list({ sessionId: session.id });
  const name = `made-${session.id.slice(0, 8)}`;
  const display = { protocol: "rfb" as const, port: 5900 };
  return {
    sessionId: session.id,
    homeId: session.homeId ?? "",
    taskId: tasks[0]?.id ?? "",
    agentName: agent.name,
    ownerName: owner.username,
    templateInput: {
      name,
      displayName: "Made",
      category: "Tests",
      image: "berth/test:1",
      display,
      defaultResources: { memory: "1Gi", cpu: "1" },
    },
  };
}

/** What a call came to, as far as the right to make it goes: a 400 or 409 was let through. */
async function outcomeOf(call: Promise<unknown>): Promise<Outcome> {
  try {
    await call;
    return "ok";
  } catch (error) {
    const cause = error instanceof TRPCError ? error.cause : error;
    if (!(cause instanceof BerthError)) throw error;
    if (cause.code === "AUTH_INVALID_CREDENTIALS") return "ok";
    if (cause.status === 401 || cause.status === 403) return String(cause.status) as "401" | "403";
    return ["SESSION_NOT_FOUND", "HOME_NOT_FOUND", "TASK_NOT_FOUND"].includes(cause.code) ? "404" : "ok";
  }
}

describe("who may do what", () => {
  it("has a row for every procedure there is", () => {
    const covered = new Set(Object.keys(rows).map((name) => name.split(" ")[0]));
    expect([...covered].sort()).toEqual(Object.keys(appRouter._def.procedures).sort());
  });

  describe.each(Object.entries(rows))("%s", (_, row) => {
    it.each(people)("as %s", async (person) => {
      const asker = await askerFor(person);
      // Made anew for each call that looks at them.
      const given = row.call.length > 1 ? await things() : noThings;
      const call = row.call(kit.callerOf(asker), given);
      // Whatever waits for an agent has it done at once.
      const settle = setInterval(() => void answerAll(), 5);
      try {
        expect(await outcomeOf(call)).toBe(row.expected[people.indexOf(person)]);
      } finally {
        clearInterval(settle);
      }
    });
  });
});

async function answerAll(): Promise<void> {
  for (const type of new Set(agent.pending.map((command) => command.command_type))) await agent.complete(await agent.command(type));
}
