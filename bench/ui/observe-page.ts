import type { Page } from "playwright";
import { z } from "zod";

const observedSchema = z.object({
  shift: z.number(),
  firstPaint: z.number().nullable(),
  scriptBytes: z.number(),
  interactions: z.array(z.object({ id: z.number(), kind: z.string(), ms: z.number() })),
});
export type Observed = z.infer<typeof observedSchema>;

/** Runs in the page before anything else does: keeps what the browser itself says of shifts and of interactions. */
export function observePage(): void {
  const seen = { shift: 0, interactions: new Map<number, { kind: string; ms: number }>() };
  Reflect.set(window, "berthBench", seen);
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if ("hadRecentInput" in entry && !entry.hadRecentInput && "value" in entry) seen.shift += Number(entry.value);
    }
  }).observe({ type: "layout-shift", buffered: true });
  // TypeScript does not know the threshold yet.
  const events = { type: "event", buffered: true, durationThreshold: 16 };
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const id = "interactionId" in entry ? Number(entry.interactionId) : 0;
      if (id > 0) seen.interactions.set(id, { kind: entry.name, ms: Math.max(entry.duration, seen.interactions.get(id)?.ms ?? 0) });
    }
  }).observe(events);
}

/** What the page has seen so far. Script bytes are those of the bodies as they were sent, compressed. */
export async function observed(page: Page): Promise<Observed> {
  return observedSchema.parse(
    await page.evaluate(() => {
      const seen = Reflect.get(window, "berthBench");
      const scripts = performance.getEntriesByType("resource").filter((entry) => new URL(entry.name).pathname.endsWith(".js"));
      return {
        shift: seen.shift,
        firstPaint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? null,
        scriptBytes: scripts.reduce((sum, entry) => sum + (entry instanceof PerformanceResourceTiming ? entry.encodedBodySize : 0), 0),
        interactions: [...seen.interactions].map(([id, { kind, ms }]) => ({ id, kind, ms })),
      };
    }),
  );
}
