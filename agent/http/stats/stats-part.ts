import { setTimeout as pause } from "node:timers/promises";
import type { statsAnswerSchema } from "@berth/protocol/session-stats";
import type { z } from "zod";
import type { ApiPart } from "../api-routes";
import type { SessionUsage } from "./session-usage";

/** The first reading has nothing to compare with: a moment later there is. */
const FIRST_WAIT_MS = 400;
const LIVE_EVERY_MS = 1000;

/** `GET stats`: now, and the history. `GET stats/live`: a line of JSON each second, until whoever asked goes. */
export const statsPart = (usage: SessionUsage): ApiPart => {
  const now = async (sessionId: string) => {
    const first = await usage.now(sessionId);
    if (first.cpu.percent !== null) return first;
    await pause(FIRST_WAIT_MS);
    return usage.now(sessionId);
  };
  return {
    routes: [
      {
        method: "GET",
        path: "stats",
        async answer({ sessionId }, response) {
          const answer = { now: await now(sessionId), history: [...usage.history(sessionId)] } satisfies z.infer<typeof statsAnswerSchema>;
          response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
        },
      },
      {
        method: "GET",
        path: "stats/live",
        async answer({ sessionId, signal }, response) {
          let stats = await now(sessionId);
          response.writeHead(200, { "content-type": "application/x-ndjson" });
          while (!signal.aborted) {
            if (!response.write(`${JSON.stringify(stats)}\n`)) {
              // One line behind is enough: who reads slowly gets fewer, not older ones.
              await new Promise((resolve) => response.once("drain", resolve).once("close", resolve));
            }
            await pause(LIVE_EVERY_MS, undefined, { signal }).catch(() => undefined);
            if (signal.aborted) break;
            stats = await usage.now(sessionId);
          }
          response.end();
        },
      },
    ],
    upgrades: [],
    close: () => usage.stop(),
  };
};
