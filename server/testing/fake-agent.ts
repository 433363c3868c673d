import type { Observation, ToAgent, ToAgentOf } from "@berth/protocol/agent-messages";
import type { AgentIdentity, AgentsInbox } from "../modules/agents/agents-inbox";
import type { AgentGateway } from "../modules/tasks/agent-gateway";
import type { Clock } from "../platform/clock";

type Command = ToAgentOf<"command">;

/** Stands where the channel stands: agents that are connected, without sockets. */
export class FakeGateway implements AgentGateway {
  readonly connected = new Map<string, (message: ToAgent) => void>();
  readonly disconnected: { agentId: string; reason: string }[] = [];

  isConnected(agentId: string): boolean {
    return this.connected.has(agentId);
  }

  send(agentId: string, message: ToAgent): boolean {
    const deliver = this.connected.get(agentId);
    deliver?.(message);
    return deliver !== undefined;
  }

  disconnect(agentId: string, reason: string): void {
    this.connected.delete(agentId);
    this.disconnected.push({ agentId, reason });
  }
}

export interface FakeAgentParts {
  readonly inbox: AgentsInbox;
  readonly gateway: FakeGateway;
  readonly clock: Clock;
  readonly identity: AgentIdentity;
  readonly platform?: "docker" | "kubernetes";
  readonly capabilities?: readonly string[];
  readonly capacity?: { max_cpu?: number; max_memory?: number; max_sessions?: number };
}

/** An agent that says what a test tells it to, through the same port as the channel. */
export class FakeAgent {
  /** Everything that was sent to it, in order. */
  readonly received: ToAgent[] = [];
  private connection = 0;
  private waiting: { wanted: (command: Command) => boolean; resolve: (command: Command) => void }[] = [];
  private readonly untaken: Command[] = [];

  constructor(private readonly parts: FakeAgentParts) {}

  get id(): string {
    return this.parts.identity.agentId;
  }

  get name(): string {
    return this.parts.identity.name;
  }

  get connectionId(): string {
    return `conn-${this.name}-${this.connection}`;
  }

  async connect(): Promise<void> {
    this.connection += 1;
    await this.parts.inbox.registered(this.parts.identity, this.connectionId, {
      type: "register",
      agent_id: this.name,
      platform: this.parts.platform ?? "docker",
      capacity: this.parts.capacity ?? { max_cpu: 8, max_memory: 16, max_sessions: 10 },
      metadata: {},
      capabilities: this.parts.capabilities ? [...this.parts.capabilities] : undefined,
    });
    // As the channel does: connected once the registration was taken.
    this.parts.gateway.connected.set(this.id, (message) => this.deliver(message));
  }

  async disconnect(reason = "connection reset"): Promise<void> {
    this.parts.gateway.connected.delete(this.id);
    await this.parts.inbox.disconnected(this.parts.identity, this.connectionId, reason);
  }

  /** The next command of this type that nobody took yet. */
  command(type: string): Promise<Command> {
    const wanted = (command: Command) => command.command_type === type;
    const at = this.untaken.findIndex(wanted);
    const [found] = at >= 0 ? this.untaken.splice(at, 1) : [];
    return found ? Promise.resolve(found) : new Promise((resolve) => this.waiting.push({ wanted, resolve }));
  }

  /** Commands that were sent and not taken. */
  get pending(): readonly Command[] {
    return this.untaken;
  }

  acknowledge(command: Command): Promise<void> {
    return this.say({ type: "command_ack", command_id: command.command_id, agent_id: this.name, status: "acknowledged" });
  }

  complete(command: Command, result: Record<string, unknown> = {}): Promise<void> {
    return this.say({ type: "command_result", command_id: command.command_id, agent_id: this.name, status: "completed", result });
  }

  fail(command: Command, code: string, error: string): Promise<void> {
    return this.say({
      type: "command_result",
      command_id: command.command_id,
      agent_id: this.name,
      status: "failed",
      error,
      error_code: code,
    });
  }

  progress(command: Command, step: string | undefined, message: string, progress?: number): Promise<void> {
    return this.say({
      type: "command_progress",
      command_id: command.command_id,
      agent_id: this.name,
      step,
      message,
      progress,
      timestamp: this.now(),
    });
  }

  observe(observation: Omit<Observation, "timestamp">): Promise<void> {
    return this.say({ type: "session_observed", agent_id: this.name, timestamp: this.now(), ...observation });
  }

  inventory(
    sessions: (Omit<Observation, "timestamp"> & { name?: string; image?: string })[],
    homes: { volume: string; size_bytes?: number; measured_at?: string }[] = [],
  ): Promise<void> {
    const timestamp = this.now();
    return this.say({ type: "inventory", agent_id: this.name, timestamp, sessions: sessions.map((one) => ({ ...one, timestamp })), homes });
  }

  heartbeat(
    extra: { status?: "online" | "degraded"; status_reason?: string; resource_usage?: { cpu: number; memory: number } } = {},
  ): Promise<void> {
    return this.say({ type: "heartbeat", agent_id: this.name, timestamp: this.now(), capacity: {}, ...extra });
  }

  say(message: Parameters<AgentsInbox["received"]>[2]): Promise<void> {
    return this.parts.inbox.received(this.parts.identity, this.connectionId, message);
  }

  private now(): string {
    return this.parts.clock.now().toISOString();
  }

  private deliver(message: ToAgent): void {
    this.received.push(message);
    if (message.type !== "command") return;
    const at = this.waiting.findIndex((one) => one.wanted(message));
    const [waiter] = at >= 0 ? this.waiting.splice(at, 1) : [];
    if (waiter) waiter.resolve(message);
    else this.untaken.push(message);
  }
}
