/** A number of clients that ask again as soon as they were answered. */
import { Pool } from "undici";

export interface Asked {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly body?: string;
}

export interface Load {
  readonly perSecond: number;
  /** Of each request, until its body was there. */
  readonly latenciesMs: readonly number[];
}

const WARM_UP_MS = 1000;

/** `next` says what each request is; null ends that client. With `ms` 0 it goes on until then. Throws for an answer that is no success. */
export async function press(
  origin: string,
  { clients, ms, authorization, next }: { clients: number; ms: number; authorization: string; next: (turn: number) => Asked | null },
): Promise<Load> {
  const pool = new Pool(origin, { connections: clients, pipelining: 1 });
  const latenciesMs: number[] = [];
  const begin = performance.now();
  let turn = 0;
  let counted = 0;
  const client = async () => {
    for (;;) {
      const now = performance.now();
      const asked = ms === 0 || now - begin < ms + WARM_UP_MS ? next(turn++) : null;
      if (!asked) return;
      const { statusCode, body } = await pool.request({
        method: asked.method,
        path: asked.path,
        headers: { authorization, ...(asked.body === undefined ? {} : { "content-type": "application/json" }) },
        ...(asked.body === undefined ? {} : { body: asked.body }),
      });
      const text = await body.text();
      if (statusCode >= 300) throw new Error(`${asked.method} ${asked.path} was answered ${statusCode}: ${text.slice(0, 300)}`);
      // While it warms up, nothing is counted; what is asked a fixed number of times has no time for that.
      if (ms > 0 && now - begin < WARM_UP_MS) continue;
      latenciesMs.push(performance.now() - now);
      counted += 1;
    }
  };
  try {
    await Promise.all(Array.from({ length: clients }, client));
  } finally {
    await pool.close();
  }
  const tookMs = performance.now() - begin - (ms > 0 ? WARM_UP_MS : 0);
  return { perSecond: (counted * 1000) / tookMs, latenciesMs };
}
