/** Tasks given by the API, one after the other, until the API says that their agent has carried them out. */
import { z } from "zod";
import { createBerthClient } from "../../client/berth-client";
import type { FleetHouse } from "./house";

export interface RoundTrips {
  /** From before the request until the API has shown the result. */
  readonly seenMs: readonly number[];
  /** From writing the task to recording its result. */
  readonly recordedMs: readonly number[];
  /** From the dispatcher's claim to the recorded acknowledgement. */
  readonly acknowledgedMs: readonly number[];
}

const PATIENCE_MS = 15_000;
const timesSchema = z.object({ createdAt: z.date(), sentAt: z.date(), acknowledgedAt: z.date(), finishedAt: z.date() });

/** To agents here and there in the fleet of `agents`, by live updates as a page would hear of it. Throws for a task that doesn't end well. */
export async function roundTrips(house: FleetHouse, { agents, count }: { agents: number; count: number }): Promise<RoundTrips> {
  const client = createBerthClient({ url: house.url, token: house.loginToken });
  const database = await house.database();
  let heard: (id: string) => void = () => {};
  const seenMs: number[] = [];
  const ids: string[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      client.api.live.events.subscribe(undefined, {
        onData: ({ data }) => {
          if (data.kind === "resync") return resolve();
          if (data.kind === "task") heard(data.id);
        },
        onError: reject,
      });
    });
    for (let at = 0; at < count; at += 1) {
      const early = new Set<string>();
      heard = (id) => early.add(id);
      const began = performance.now();
      const name = `fleet-${1 + Math.floor((at * agents) / count)}`;
      const order = { taskType: "docker.pull", payload: { image: "fleet/image", tag: String(at) } };
      const { taskId } = await house.call("POST", `/agents/${name}/tasks`, order, z.object({ taskId: z.string() }));
      await new Promise<void>((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`task ${taskId} of ${name} was not over in ${PATIENCE_MS / 1000} s`)), PATIENCE_MS);
        const look = async () => {
          const { state } = await house.call("GET", `/tasks/${taskId}`, null, z.object({ state: z.string() }));
          if (state === "failed") throw new Error(`task ${taskId} of ${name} failed`);
          if (state !== "completed") return;
          clearTimeout(late);
          resolve();
        };
        heard = (id) => {
          if (id === taskId) look().catch(reject);
        };
        if (early.has(taskId)) look().catch(reject);
      });
      seenMs.push(performance.now() - began);
      ids.push(taskId);
    }
    const { rows } = await database.query(
      `SELECT "createdAt", "sentAt", "acknowledgedAt", "finishedAt" FROM "Task" WHERE id = ANY($1::uuid[])`,
      [ids],
    );
    const times = z.array(timesSchema).parse(rows);
    return {
      seenMs,
      recordedMs: times.map(({ createdAt, finishedAt }) => finishedAt.getTime() - createdAt.getTime()),
      acknowledgedMs: times.map(({ sentAt, acknowledgedAt }) => acknowledgedAt.getTime() - sentAt.getTime()),
    };
  } finally {
    await database.end();
    await client.close();
  }
}
