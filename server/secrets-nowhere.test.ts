import { DOCKER_TASKS, VIEWER_UPDATE } from "@berth/protocol/agent-messages";
import { registrationReplySchema } from "@berth/protocol/agent-registration";
import { PORTS } from "@berth/protocol/session-ports";
import { Secret, TOTP } from "otpauth";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Asker } from "./modules/users/users-schema";
import type { BusEvent } from "./platform/bus";
import { createLog } from "./platform/log";
import { askDoor, knock } from "./testing/door-calls";
import { type DoorKit, startDoorKit } from "./testing/door-kit";
import { makeAsker, PASSWORD } from "./testing/factories";
import type { SocketAgent } from "./testing/socket-agent";

/** What is planted once, by what it is. Looked for in everything that Berth says and keeps. */
const secrets = new Map<string, string>();
const plant = (kind: string, secret: string): string => {
  expect(secret.length, kind).toBeGreaterThan(5);
  secrets.set(kind, secret);
  return secret;
};
const tailOf = (url: string): string => url.split(/[/#?=]/).at(-1) ?? "";
const found = (text: string): string[] => [...secrets].flatMap(([kind, secret]) => (text.includes(secret) ? [kind] : []));

let kit: DoorKit;
let agent: SocketAgent & { readonly id: string };
let asked: { owner: Asker; friend: Asker; operator: Asker; admin: Asker };
const tokens = new Map<keyof typeof asked, string>();
const known: Record<string, string[]> = {};
const lines: string[] = [];
const heard: BusEvent[] = [];

const bodyOf = async (path: string, body: unknown, as: keyof typeof asked = "admin"): Promise<string> =>
  (await askDoor(kit.port, { method: "POST", path, body, headers: { authorization: `Bearer ${tokens.get(as)}` } })).text;

beforeAll(async () => {
  kit = await startDoorKit({ loginsPerMinute: 10_000, log: createLog("trace", { write: (line: string) => void lines.push(line) }) });
  kit.bus.subscribe((event) => void heard.push(event));
  agent = await kit.connectAgent("host-a");
  await kit.database.agent.updateMany({ data: { capabilities: [DOCKER_TASKS, VIEWER_UPDATE, PORTS] } });
  const [owner, friend, operator, admin] = await Promise.all(
    (["user", "user", "operator", "admin"] as const).map((role) => makeAsker(kit, role)),
  );
  asked = { owner: owner as Asker, friend: friend as Asker, operator: operator as Asker, admin: admin as Asker };
  for (const [name, asker] of Object.entries(asked)) tokens.set(name as keyof typeof asked, await kit.tokenOf(asker));
  await plantAll();
  await useAll();
}, 60_000);
afterAll(() => kit.close());

async function plantAll(): Promise<void> {
  const [own, all] = [kit.callerOf(asked.owner), kit.callerOf(asked.admin)];
  const environment = { TOKEN: plant("a variable of a session's start", "planted-variable-one") };
  const { id } = await own.sessions.create({ template: "terminal-desktop", agentId: "host-a", environment });
  await vi.waitFor(async () => expect((await own.sessions.get({ id })).status.phase).toBe("Running"));
  const env = { OTHER: plant("a variable that was set later", "planted-variable-two") };
  await own.containers.updateEnv({ containerId: id, env, secret: ["OTHER"] });
  await own.sessions.setState({ id, state: "hibernated" });
  await own.sessions.setState({ id, state: "running" });
  await all.registries.save({ host: "r.example", username: "puller", password: plant("a registry's password", "planted-registry-word") });
  const credentials = { "registry.username": "u", "registry.password": plant("a task's credentials", "planted-task-word") };
  const payload = { image: "r.example/a", tag: "1", name: "planted", env: { KEY: plant("a task's variable", "planted-task-variable") } };
  const ran = await all.tasks.create({ id: "host-a", taskType: "docker.run", payload, credentials });
  plant("an API token", (await own.tokens.create({ name: "script", scope: "write" })).value);
  plant("an invitation", tailOf((await all.users.invite({ username: "newcomer" })).url));
  plant("a registration token", (await all.registrationTokens.create({})).token);
  plant("a registration token that is used", (await all.registrationTokens.create({})).token);
  plant("a link to a screen", tailOf((await own.shares.create({ sessionId: id })).url ?? ""));
  plant("a link to a port", tailOf((await own.ports.share({ id, port: 3000 })).url));
  plant("a ticket", tailOf((await own.sessions.openViewer({ id })).url));
  plant("a ticket that is used", tailOf((await own.sessions.openViewer({ id })).url));
  const webhook = await all.webhooks.create({
    name: "w",
    url: "https://w.example/in",
    events: ["session.created", "task.failed", "user.created"],
  });
  plant("a webhook's secret", webhook.secret);
  const { secret } = await kit.callerOf(asked.friend).account.startSecondFactor({ password: PASSWORD });
  plant("the seed of a second factor", secret);
  const { recoveryCodes } = await kit.callerOf(asked.friend).account.confirmSecondFactor({
    code: new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: kit.clock.now().getTime() }),
  });
  plant("a recovery code", recoveryCodes[0] ?? "");
  plant("a password", PASSWORD);
  plant("a login's token", tokens.get("owner") ?? "");
  // What fails is told, too: in errors, timelines, and webhooks.
  await all.users.invite({ username: "another" });
  await bodyOf("/api/v1/auth/login", { username: asked.owner.username, password: "planted-wrong-password" });
  plant("a password that was wrong", "planted-wrong-password");
  Object.assign(known, {
    id: [id, ran.taskId, webhook.id, agent.id, "host-a"],
    containerId: [id],
    agentId: [id],
    taskId: [ran.taskId],
    sessionId: [id],
    name: ["terminal-desktop"],
    username: [asked.owner.username],
    userId: [asked.owner.userId],
  });
}

/** What travels in addresses and heads is shown at its door: once as it should be, and once more, where it is refused. */
async function useAll(): Promise<void> {
  const planted = (kind: string) => secrets.get(kind) ?? "";
  const id = known.sessionId?.[0] ?? "";
  const asFriend = { authorization: `Bearer ${tokens.get("friend")}` };
  const statuses: number[] = [];
  const see = async (answer: Promise<{ readonly status: number }>) => void statuses.push((await answer).status);

  const watched = `/vnc-viewer/${id}?ticket=${planted("a ticket that is used")}`;
  for (let turn = 0; turn < 2; turn += 1) await see(knock(kit.port, { path: watched, headers: { origin: kit.config.publicUrl.origin } }));
  await see(knock(kit.port, { path: `/vnc-viewer/${id}?token=${tokens.get("friend")}`, headers: {} }));
  plant("another login's token", tokens.get("friend") ?? "");

  const link = planted("a link to a port");
  const input = encodeURIComponent(JSON.stringify({ token: link }));
  await see(askDoor(kit.port, { method: "GET", path: `/ports/${link}` }));
  await see(askDoor(kit.port, { method: "GET", path: `/api/trpc/ports.lookAtLink?input=${input}`, headers: asFriend }));
  await see(askDoor(kit.port, { method: "GET", path: `/api/v1/nothing/${link}`, headers: asFriend }));

  const guest = await kit.callerOf(null).shares.enter({ token: planted("a link to a screen"), name: "Ann" });
  plant("a guest's ticket", tailOf(guest.url));
  plant("a guest's key", guest.guestKey);
  for (let turn = 0; turn < 2; turn += 1) await see(knock(kit.port, { path: guest.url, headers: { origin: kit.config.publicUrl.origin } }));

  const enrolment = { method: "POST", path: "/api/v1/agents/register", body: { name: "host-b", version: "1" } };
  const shown = { "x-agent-token": planted("a registration token that is used") };
  const enrolled = await askDoor(kit.port, { ...enrolment, headers: shown });
  await see(askDoor(kit.port, { ...enrolment, headers: shown }));
  const { token, certificate } = registrationReplySchema.parse(JSON.parse(enrolled.text));
  plant("an agent's token", token);
  plant("an agent's key", certificate?.key?.split("\n")[1] ?? "");
  expect(statuses).toEqual([101, 401, 404, 200, 200, 404, 101, 401, 401]);
}

/** Every GET that the document has, with the IDs of what was made. */
function addresses(): string[] {
  return Object.entries(kit.doors.documents.api.paths).flatMap(([path, methods]) => {
    if (!methods.get) return [];
    const root = path.startsWith("/v1/") ? "" : "/api/v1";
    let made = [path];
    for (const [, name = ""] of path.matchAll(/\{(\w+)\}/g))
      made = made.flatMap((one) => (known[name] ?? known.id ?? []).map((value) => one.replace(`{${name}}`, encodeURIComponent(value))));
    return made.map((one) => `${root}${one}`);
  });
}

describe("what is secret", () => {
  it("is in no row of the database in plain", async () => {
    const tables = await kit.database.$queryRaw<{ name: string }[]>`
      SELECT quote_ident(table_name) AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`;
    const kept: string[] = [];
    for (const { name } of tables) {
      const rows = await kit.database.$queryRawUnsafe<{ text: string }[]>(`SELECT row_to_json(t)::text AS text FROM ${name} t`);
      for (const { text } of rows) for (const kind of found(text)) kept.push(`${kind} in ${name}`);
    }
    expect(secrets.size).toBeGreaterThan(14);
    expect([...new Set(kept)]).toEqual([]);
  });

  it("is told by no GET of the document, to no role, nor to an API's browser, and what is refused does not tell it either", async () => {
    const all = addresses();
    expect(all.length).toBeGreaterThan(60);
    const told: string[] = [];
    let answered = 0;
    for (const path of all) {
      for (const person of [null, ...tokens.keys()]) {
        const headers: Record<string, string> = person === null ? {} : { authorization: `Bearer ${tokens.get(person)}` };
        const over = AbortSignal.timeout(2000);
        const response = await fetch(`${kit.origin}${path}`, { headers, redirect: "manual", signal: over }).catch(() => null);
        const text = response ? await response.text().catch(() => "") : "";
        if (response?.ok) answered += 1;
        for (const kind of found(`${text} ${JSON.stringify([...(response?.headers ?? [])])}`)) told.push(`${kind}: ${path} to ${person}`);
      }
    }
    expect(answered).toBeGreaterThan(100);
    expect(told).toEqual([]);
  }, 120_000);

  it("is told by its owner's own request for it, and by that alone: so it is there to be found", async () => {
    const id = known.containerId?.[0] ?? "";
    const shown = async (as: keyof typeof asked) => {
      const headers = { authorization: `Bearer ${tokens.get(as)}` };
      return found((await askDoor(kit.port, { method: "GET", path: `/v1/agents/${id}/env?reveal=true`, headers })).text);
    };
    expect(await shown("owner")).toEqual(["a variable of a session's start", "a variable that was set later"]);
    for (const other of ["friend", "operator", "admin"] as const) expect(await shown(other)).toEqual([]);
  });

  it("is in no line of the log, in no event, and in nothing that a webhook is posted", async () => {
    expect(lines.length).toBeGreaterThan(20);
    expect(lines.flatMap((line) => found(line).map((kind) => `${kind}: ${line.slice(0, 300)}`))).toEqual([]);
    expect(heard.length).toBeGreaterThan(10);
    expect(found(JSON.stringify(heard))).toEqual([]);
    const posted = await kit.database.webhookDelivery.findMany({ select: { body: true } });
    expect(posted.length).toBeGreaterThan(0);
    expect(found(JSON.stringify(posted))).toEqual([]);
  });

  it("is in no error that repeats what was sent", async () => {
    const [value] = ["planted-in-a-bad-request"];
    plant("what was sent wrongly", value ?? "");
    const sent: [string, unknown][] = [
      ["/api/v1/sessions", { template: "terminal-desktop", environment: { "NOT A NAME": value } }],
      ["/api/v1/agents/host-a/tasks", { taskType: "docker.run", payload: { image: "a", env: { A: value }, privileged: true } }],
      ["/api/v1/auth/login", { username: "x".repeat(300), password: value }],
      ["/api/v1/account/password", { current_password: value, new_password: "short" }],
    ];
    for (const [path, body] of sent) expect([path, found(await bodyOf(path, body))]).toEqual([path, []]);
    expect(lines.filter((line) => line.includes(value ?? "?"))).toEqual([]);
  });
});
