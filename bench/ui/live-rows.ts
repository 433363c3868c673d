/** A list that is looked at while its rows change: which frames came late, and how long the page's scripts held it. */
import type { Page } from "playwright";
import { z } from "zod";

const framesSchema = z.object({
  frames: z.number(),
  dropped: z.number(),
  longestMs: z.number(),
  longTasks: z.number(),
  longestTaskMs: z.number(),
  changedCells: z.number(),
});
export type Frames = z.infer<typeof framesSchema>;

/** Counts for `ms`. A frame is dropped when another one's time passes without it. */
export async function watchFrames(page: Page, ms: number): Promise<Frames> {
  return framesSchema.parse(
    await page.evaluate(
      (wanted) =>
        new Promise((resolve) => {
          const frame = 1000 / 60;
          const seen = { frames: 0, dropped: 0, longestMs: 0, longTasks: 0, longestTaskMs: 0, changedCells: 0 };
          const tasks = new PerformanceObserver((list) => {
            for (const { duration } of list.getEntries()) {
              seen.longTasks += 1;
              seen.longestTaskMs = Math.max(seen.longestTaskMs, duration);
            }
          });
          tasks.observe({ type: "longtask" });
          const table = document.querySelector("main");
          const changes = new MutationObserver((records) => {
            seen.changedCells += records.length;
          });
          if (table) changes.observe(table, { subtree: true, childList: true, characterData: true });
          let last: number | null = null;
          let begin: number | null = null;
          const tick = (now: number) => {
            begin ??= now;
            if (last !== null) {
              const took = now - last;
              seen.frames += 1;
              seen.longestMs = Math.max(seen.longestMs, took);
              seen.dropped += Math.max(0, Math.round(took / frame) - 1);
            }
            last = now;
            if (now - begin < wanted) requestAnimationFrame(tick);
            else {
              tasks.disconnect();
              changes.disconnect();
              resolve(seen);
            }
          };
          requestAnimationFrame(tick);
        }),
      ms,
    ),
  );
}
