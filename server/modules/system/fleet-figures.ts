import type { AgentStatus, SessionPhase, SessionState } from "@berth/protocol/session-states";
import type { Clock } from "../../platform/clock";
import type { Log } from "../../platform/log";
import type { Metrics, Sample } from "../../platform/metrics";

/** A scrape must not wait for a database that does not answer: the figures of the process are wanted then most. */
const PATIENCE_MS = 3_000;

export interface FleetFigures {
  readonly sessions: readonly { readonly state: SessionState; readonly phase: SessionPhase; readonly count: number }[];
  /** Those that wait in warm pools, which are none of the above. */
  readonly warm: Readonly<Record<"ready" | "wanted", number>>;
  readonly agents: Readonly<Record<AgentStatus, number>>;
  readonly slots: { readonly used: number; readonly all: number };
  /** Of those that are not over. */
  readonly tasks: Readonly<Record<"queued" | "sent" | "acknowledged", number>>;
  /** Deliveries that wait for a try, and those that were given up and are kept. */
  readonly webhooks: Readonly<Record<"pending" | "failed", number>>;
}

/** Tells what the database knows of the fleet at each scrape, once for all the metrics that are made of it. `read` may throw. */
export function tellFleet(
  metrics: Pick<Metrics, "gauge">,
  { clock, log, read }: { readonly clock: Clock; readonly log: Log; read(): Promise<FleetFigures> },
): void {
  let underWay: Promise<FleetFigures | null> | null = null;
  const figures = (): Promise<FleetFigures | null> => {
    underWay ??= within(clock, read())
      .catch((error: unknown) => {
        log.warn({ err: error }, "the fleet's metrics could not be read");
        return null;
      })
      .finally(() => {
        underWay = null;
      });
    return underWay;
  };
  const tell = (name: string, help: string, labels: readonly string[], samples: (fleet: FleetFigures) => readonly Sample[]): void =>
    metrics.gauge({ name: `berth_fleet_${name}`, help: `${help} Every replica says the same.`, labels }, async () => {
      const fleet = await figures();
      return fleet ? samples(fleet) : [];
    });
  metrics.gauge(
    { name: "berth_fleet_readable", help: "1: what this replica says of the fleet is there; 0: the database did not answer." },
    async () => [[(await figures()) ? 1 : 0]],
  );
  tell("sessions", "Sessions, those that ended well left out.", ["state", "phase"], ({ sessions }) =>
    sessions.map(({ state, phase, count }) => [count, state, phase]),
  );
  tell("warm_sessions", "Sessions that wait in warm pools, and how many are to.", ["count"], ({ warm }) =>
    Object.entries(warm).map(([count, sessions]) => [sessions, count]),
  );
  tell("agents", "Agents.", ["status"], ({ agents }) => Object.entries(agents).map(([status, count]) => [count, status]));
  tell("slots", "Sessions that agents have room for.", ["use"], ({ slots }) => [
    [slots.used, "used"],
    [Math.max(0, slots.all - slots.used), "free"],
  ]);
  tell(
    "webhook_deliveries",
    "Deliveries of webhooks that wait for a try, and those that were given up as long as they are kept.",
    ["state"],
    ({ webhooks }) => Object.entries(webhooks).map(([state, count]) => [count, state]),
  );
  tell("open_tasks", "Tasks that are not over.", ["state"], ({ tasks }) => Object.entries(tasks).map(([state, count]) => [count, state]));
}

function within<Value>(clock: Clock, value: Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(PATIENCE_MS, () => reject(new Error(`no answer within ${PATIENCE_MS} ms`)));
    value.then(resolve, reject).finally(() => timer.cancel());
  });
}
