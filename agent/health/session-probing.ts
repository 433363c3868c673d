/** Asks sessions how they are, now and then and not all at once, and tells the control plane what changed. */
import type { FromAgentOf } from "@berth/protocol/agent-messages";
import { HEALTH_TOLD_TOGETHER, type ProbeResult, type SessionProbes, type ToldHealth } from "@berth/protocol/session-health";
import type { Clock, Timer } from "../clock";
import type { SeenSession } from "../drivers/driver";
import { afterRound, beginning, type HealthState } from "./health-state";
import { ask, type ProbedDriver } from "./probe";

/** Sessions that are asked at the same time; the others wait for their turn. */
const ROUNDS_AT_ONCE = 8;
/** The first answer is what a person waits for. */
const FIRST_WITHIN_MS = 1_000;
const STARTING_EVERY_MS = 5_000;
const TELL_AFTER_MS = 200;

export interface SessionProbingOptions {
  readonly agentName: string;
  readonly driver: ProbedDriver;
  readonly clock: Clock;
  readonly random: () => number;
  /** False: it was not sent. */
  readonly send: (message: FromAgentOf<"session_health">) => boolean;
}

interface Probed {
  readonly generation: number;
  readonly plan: SessionProbes;
  readonly startsUntil: Date;
  state: HealthState;
  results: readonly ProbeResult[];
  /** As it was told last; null: it is to be told. Undefined before the first round. */
  told: string | null | undefined;
  timer: Timer | null;
  /** Ends the round under way. */
  round: AbortController | null;
}

export class SessionProbing {
  readonly #options: SessionProbingOptions;
  readonly #probed = new Map<string, Probed>();
  readonly #waiting: Array<() => void> = [];
  #rounds = 0;
  #telling: Timer | null = null;
  /** What runs when the agent begins has begun some time ago: its start period is over. */
  #fresh = false;
  #stopped = false;

  constructor(options: SessionProbingOptions) {
    this.#options = options;
  }

  /** All that there is: what runs and has probes is asked from now on, and nothing else. */
  sync(sessions: readonly SeenSession[]): void {
    const there = new Set(sessions.map(({ sessionId }) => sessionId));
    for (const sessionId of this.#probed.keys()) if (!there.has(sessionId)) this.#end(sessionId);
    for (const session of sessions) this.seen(session);
    this.#fresh = true;
  }

  /** One that changed. One that is frozen, stopped or gone is not asked. */
  seen({ sessionId, generation, observed, probes }: SeenSession): void {
    const known = this.#probed.get(sessionId);
    if (observed !== "running" || !probes || this.#stopped) return this.#end(sessionId);
    if (known?.generation === generation) return;
    this.#end(sessionId);
    const now = this.#options.clock.now();
    this.#probed.set(sessionId, {
      generation,
      plan: probes,
      startsUntil: new Date(now.getTime() + (this.#fresh ? 1000 * probes.start_period_seconds : 0)),
      state: beginning(now),
      results: [],
      told: undefined,
      timer: null,
      round: null,
    });
    this.#again(sessionId, FIRST_WITHIN_MS * this.#options.random());
  }

  /** The control plane may have missed what was told: it is told everything. */
  reconnected(): void {
    for (const probed of this.#probed.values()) if (probed.told !== undefined) probed.told = null;
    this.#tellSoon();
  }

  stop(): void {
    this.#stopped = true;
    this.#telling?.cancel();
    for (const sessionId of this.#probed.keys()) this.#end(sessionId);
  }

  #end(sessionId: string): void {
    const probed = this.#probed.get(sessionId);
    if (!probed) return;
    probed.timer?.cancel();
    probed.round?.abort();
    this.#probed.delete(sessionId);
  }

  #again(sessionId: string, ms: number): void {
    const probed = this.#probed.get(sessionId);
    if (probed) probed.timer = this.#options.clock.after(ms, () => void this.#turn(sessionId, probed));
  }

  async #turn(sessionId: string, probed: Probed): Promise<void> {
    if (this.#rounds >= ROUNDS_AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#rounds++;
    try {
      if (this.#probed.get(sessionId) === probed) await this.#round(sessionId, probed);
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#rounds--;
    }
    if (this.#probed.get(sessionId) !== probed) return;
    const everyMs = 1000 * probed.plan.interval_seconds;
    const ms = probed.state.health === "starting" ? Math.min(everyMs, STARTING_EVERY_MS) : everyMs;
    this.#again(sessionId, ms * (0.9 + 0.2 * this.#options.random()));
  }

  async #round(sessionId: string, probed: Probed): Promise<void> {
    const { clock, driver } = this.#options;
    const { plan, startsUntil } = probed;
    const round = new AbortController();
    probed.round = round;
    const late = clock.after(1000 * plan.timeout_seconds, () => round.abort());
    const answers = await Promise.all(plan.probes.map((probe) => ask(driver, sessionId, probe, round.signal)));
    late.cancel();
    probed.round = null;
    const results = answers.filter((answer) => answer !== null);
    if (this.#probed.get(sessionId) !== probed || results.length < answers.length) return;
    const failed = results.filter(({ ok }) => !ok).map(({ probe, message }) => `${probe}: ${message}`);
    const problem = failed.length > 0 ? failed.join("; ").slice(0, 500) : null;
    probed.results = results;
    probed.state = afterRound(probed.state, problem, clock.now(), { failureThreshold: plan.failure_threshold, startsUntil });
    if (probed.told !== saying(sessionId, probed)) this.#tellSoon(probed);
  }

  #tellSoon(probed?: Probed): void {
    if (probed) probed.told = null;
    this.#telling ??= this.#options.clock.after(TELL_AFTER_MS, () => {
      this.#telling = null;
      this.#tell();
    });
  }

  #tell(): void {
    const news = [...this.#probed].filter(([, { told }]) => told === null);
    for (let at = 0; at < news.length; at += HEALTH_TOLD_TOGETHER) {
      const part = news.slice(at, at + HEALTH_TOLD_TOGETHER);
      const sessions = part.map(([sessionId, probed]) => toldHealth(sessionId, probed));
      // Where it is not sent, the next registration tells it.
      if (!this.#options.send({ type: "session_health", agent_id: this.#options.agentName, sessions })) return;
      for (const [sessionId, probed] of part) probed.told = saying(sessionId, probed);
    }
  }
}

const saying = (sessionId: string, probed: Probed): string => JSON.stringify(toldHealth(sessionId, probed));

const toldHealth = (sessionId: string, { generation, state, results }: Probed): ToldHealth => ({
  session_id: sessionId,
  generation,
  health: state.health,
  reason: state.reason,
  since: state.since.toISOString(),
  probes: [...results],
});
