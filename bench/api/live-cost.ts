/** What it costs to tell many of each change, and how soon they know. */
import { createBerthClient } from "../../client/berth-client";
import { cpuSeconds } from "../measure/processes";
import { machineSettled } from "../measure/settled";
import type { BerthStack } from "../start/berth-stack";
import type { FullHouse } from "../ui/full-house";

export interface LiveRow {
  readonly subscribers: number;
  readonly perSecond: number;
  /** Of one core, control plane and database together, from writing a change to the last one's socket. */
  readonly coreShare: number;
  /** Events that arrived, and those that should have. */
  readonly arrived: number;
  readonly due: number;
  /** From before the change is written until a subscriber has the event. */
  readonly latenciesMs: readonly number[];
}

const PATIENCE_MS = 10_000;

/** Each subscriber has a socket of its own and the administrator's eyes: it hears of everything. */
export async function measureLive(
  stack: BerthStack,
  house: FullHouse,
  { subscribers, perSecond, ms }: { subscribers: number; perSecond: number; ms: number },
): Promise<LiveRow> {
  const written = new Map<string, number>();
  const latenciesMs: number[] = [];
  const clients = Array.from({ length: subscribers }, () => createBerthClient({ url: stack.url, token: stack.token }));
  try {
    await Promise.all(
      clients.map(
        ({ api }) =>
          new Promise<void>((resolve, reject) => {
            api.live.events.subscribe(undefined, {
              onData: ({ data }) => {
                // What comes first, for one who was not there before.
                if (data.kind === "resync") return resolve();
                const since = data.kind === "session" ? written.get(data.id) : undefined;
                if (since !== undefined) latenciesMs.push(performance.now() - since);
              },
              onError: reject,
            });
          }),
      ),
    );
    await machineSettled();
    const began = performance.now();
    const before = cpuSeconds(stack.controlPlanePid);
    const changes = await house.change(perSecond, ms, (id) => written.set(id, performance.now()));
    const due = changes * subscribers;
    const end = performance.now() + PATIENCE_MS;
    while (latenciesMs.length < due && performance.now() < end) await new Promise((resume) => setTimeout(resume, 20));
    const coreShare = (cpuSeconds(stack.controlPlanePid) - before) / ((performance.now() - began) / 1000);
    return { subscribers, perSecond: changes / (ms / 1000), coreShare, arrived: latenciesMs.length, due, latenciesMs };
  } finally {
    await Promise.all(clients.map((client) => client.close()));
  }
}
