import type { FromAgentOf } from "@berth/protocol/agent-messages";
import type { Clock, Timer } from "./clock";

const COALESCE_MS = 15_000;

/** Gathers real input of viewers: one message for all sessions, at most every 15 seconds, and none while nobody does anything. */
export class ActivityGatherer {
  readonly #agentName: string;
  readonly #clock: Clock;
  readonly #send: (message: FromAgentOf<"session_activity">) => boolean;
  readonly #seen = new Map<string, Date>();
  #timer: Timer | null = null;

  constructor(agentName: string, clock: Clock, send: (message: FromAgentOf<"session_activity">) => boolean) {
    this.#agentName = agentName;
    this.#clock = clock;
    this.#send = send;
  }

  note(sessionId: string): void {
    this.#seen.set(sessionId, this.#clock.now());
    this.#timer ??= this.#clock.after(COALESCE_MS, () => this.#tell());
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #tell(): void {
    this.#timer = null;
    const sessions = [...this.#seen].slice(0, 5000).map(([session_id, at]) => ({ session_id, last_input_at: at.toISOString() }));
    // Not sent: kept for the next time, with the time at which it was.
    if (this.#send({ type: "session_activity", agent_id: this.#agentName, sessions })) this.#seen.clear();
    else this.#timer = this.#clock.after(COALESCE_MS, () => this.#tell());
  }
}
