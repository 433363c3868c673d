/** The control plane under test, as an administrator and as agents of the kit's own see it. */
import { randomBytes } from "node:crypto";
import { z } from "zod";
import { Difference, NotRun } from "../check";
import { registrationShape, type SessionAnswer, sessionShape } from "../contract/shapes";
import { eventually, expectShape, expectStatus, shown } from "../expectations";
import { once } from "../once";
import { type AgentKey, makeAgentKey } from "../wire/agent-key";
import { type Answer, ask, type Question, type Tls } from "../wire/ask";
import type { ChannelSocket } from "../wire/channel-socket";
import { PlayedAgent } from "./played-agent";

export interface PlaneOptions {
  readonly url: URL;
  /** The listener that asks agents for their certificate; null where there is none. */
  readonly agentsUrl: URL | null;
  /** A registration token: good for one agent, so most checks need an administrator. */
  readonly token: string | null;
  readonly admin: { readonly username: string; readonly password: string } | { readonly token: string } | null;
  /** What sessions are started from; default: the first whose display speaks RFB. */
  readonly template: string | null;
  readonly patienceMs: number;
}

export interface TokenWish {
  readonly approval?: boolean;
}

/** What a control plane gives for a session, as far as the kit uses it. */
const templatesShape = z.object({
  templates: z.array(z.looseObject({ name: z.string(), display: z.looseObject({ protocol: z.string() }).optional() })),
});

export class Plane {
  readonly #made = { agents: new Set<string>(), sessions: new Set<string>(), sockets: new Set<ChannelSocket>() };
  readonly #run = randomBytes(3).toString("hex");
  #count = 0;

  constructor(readonly options: PlaneOptions) {}

  get patienceMs(): number {
    return this.options.patienceMs;
  }

  newName(): string {
    this.#count += 1;
    return `conformance-${this.#run}-${this.#count}`;
  }

  ask(method: Question["method"], target: string, value?: unknown, headers: Record<string, string> = {}, tls?: Tls): Promise<Answer> {
    const body = value === undefined ? undefined : Buffer.from(JSON.stringify(value));
    return ask(this.options.url, { method, target, headers, ...(body ? { body } : {}), ...(tls ? { tls } : {}) });
  }

  /** As the administrator. */
  async admin(method: Question["method"], path: string, value?: unknown): Promise<Answer> {
    return this.ask(method, `/api/v1${path}`, value, { authorization: `Bearer ${await this.adminToken()}` });
  }

  /** Throws `NotRun` where none was given. */
  async adminToken(): Promise<string> {
    const { admin } = this.options;
    if (!admin) throw new NotRun("it needs an administrator: give --admin and --password, or --api-token", true);
    return "token" in admin ? admin.token : this.#signedIn();
  }

  readonly #signedIn = once("administrator", async () => {
    const answer = await this.ask("POST", "/api/v1/auth/login", this.options.admin ?? {});
    expectStatus(answer, 200);
    return expectShape(z.object({ token: z.string() }), answer.json, answer.where).token;
  });

  async makeToken(wish: TokenWish = {}): Promise<{ id: string; token: string; createdAt: string; expiresAt: string }> {
    const answer = await this.admin("POST", "/registration-tokens", wish.approval ? { approval: true } : {});
    expectStatus(answer, 201);
    const shape = z.object({ id: z.string(), token: z.string(), created_at: z.string(), expires_at: z.string() });
    const { id, token, created_at, expires_at } = expectShape(shape, answer.json, answer.where);
    return { id, token, createdAt: created_at, expiresAt: expires_at };
  }

  async register(token: string | null, body: Record<string, unknown>): Promise<Answer> {
    const answer = await this.ask("POST", "/api/v1/agents/register", body, token === null ? {} : { "x-agent-token": token });
    if (answer.status === 201 && typeof body.name === "string") this.#made.agents.add(body.name);
    return answer;
  }

  /** A new agent with a certificate. */
  async enrol(wish: TokenWish = {}): Promise<PlayedAgent> {
    const { token } = await this.makeToken(wish);
    return this.enrolWith(token);
  }

  async enrolWith(token: string): Promise<PlayedAgent> {
    const name = this.newName();
    const key = await makeAgentKey(name);
    const answer = await this.register(token, registrationOf(name, key));
    expectStatus(answer, 201);
    const registration = expectShape(registrationShape, answer.json, answer.where);
    return new PlayedAgent(this.options.url, name, key, registration, this.patienceMs);
  }

  /** The agent that most checks share; where there is no administrator, the one that the given token makes. */
  readonly agent = once("enrolled agent", async () => {
    const { token, admin } = this.options;
    if (admin) return this.enrol();
    if (token) return this.enrolWith(token);
    throw new NotRun("it needs an agent: give --token, or --admin and --password", true);
  });

  readonly otherAgent = once("second agent", () => this.enrol());

  /** A registered channel of an agent of its own; closed at the end. */
  async channelOf(agent: PlayedAgent, changed: Record<string, unknown> = {}): Promise<ChannelSocket> {
    const channel = await agent.registered(changed);
    this.#made.sockets.add(channel);
    return channel;
  }

  async agentRow(ref: string): Promise<Record<string, unknown>> {
    const answer = await this.admin("GET", `/agents/${ref}`);
    expectStatus(answer, 200);
    return expectShape(z.record(z.string(), z.unknown()), answer.json, answer.where);
  }

  readonly template = once("template", async () => {
    const { template } = this.options;
    if (template) return template;
    const answer = await this.admin("GET", "/templates?limit=100");
    expectStatus(answer, 200);
    const { templates } = expectShape(templatesShape, answer.json, answer.where);
    const found = templates.find(({ display }) => display?.protocol === "rfb") ?? templates[0];
    if (!found) throw new NotRun("there is no template to start a session from: give --template", true);
    return found.name;
  });

  /** Asked for on this agent alone. */
  async createSession(agent: PlayedAgent): Promise<Answer> {
    const answer = await this.admin("POST", "/sessions", { template: await this.template(), agent_id: agent.name });
    const made = z.object({ id: z.string() }).safeParse(answer.json);
    if (answer.status === 202 && made.success) this.#made.sessions.add(made.data.id);
    return answer;
  }

  async session(id: string): Promise<SessionAnswer> {
    const answer = await this.admin("GET", `/sessions/${id}`);
    expectStatus(answer, 200);
    return expectShape(sessionShape, answer.json, answer.where);
  }

  untilPhase(id: string, phase: string): Promise<SessionAnswer> {
    const told = { expected: `phase ${phase}`, where: "GET /api/v1/sessions/{id}", patienceMs: this.patienceMs };
    return eventually(
      () => this.session(id),
      ({ status }) => status.phase === phase,
      told,
    );
  }

  /** Takes away what the kit made. What can't be is named. */
  async clean(): Promise<string[]> {
    for (const socket of this.#made.sockets) await socket.close();
    if (!this.options.admin) return [...this.#made.agents].map((name) => `agent ${name}`);
    const left: string[] = [];
    for (const name of this.#made.agents) {
      const answer = await this.admin("DELETE", `/agents/${name}`);
      if (answer.status !== 200 && answer.status !== 404) left.push(`agent ${name}`);
    }
    for (const id of this.#made.sessions) {
      const answer = await this.admin("DELETE", `/sessions/${id}`);
      if (![200, 202, 204, 404].includes(answer.status)) left.push(`session ${id}`);
    }
    return left;
  }
}

export const registrationOf = (name: string, key: AgentKey | null): Record<string, unknown> => ({
  name,
  version: "1.0.0",
  capabilities: ["docker", "compose"],
  labels: { datacenter: "us-east-1", role: "deployment" },
  ...(key ? { csr: key.csr } : {}),
});

/** Throws where a session that should have been made was not. */
export function sessionOf(answer: Answer): SessionAnswer {
  expectStatus(answer, 202);
  const parsed = sessionShape.safeParse(answer.json);
  if (parsed.success) return parsed.data;
  throw new Difference("a session with the contract's fields", shown(answer.text), answer.where);
}
