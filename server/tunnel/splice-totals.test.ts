import { expect, it } from "vitest";
import type { SpliceCount } from "./splice";
import { SpliceTotals } from "./splice-totals";

function fakeSplice(count: SpliceCount) {
  let end = (_: SpliceCount): void => {};
  const ended = new Promise<SpliceCount>((resolve) => {
    end = resolve;
  });
  return { splice: { ended, count: () => count, end: () => {} }, end: () => end(count), ended };
}

it("counts the bytes of what is open, and goes on counting them once it has ended", async () => {
  const totals = new SpliceTotals();
  const first = fakeSplice({ fromLeft: 3, fromRight: 40 });
  const second = fakeSplice({ fromLeft: 1, fromRight: 2 });
  totals.add(first.splice);
  totals.add(second.splice);
  expect(totals.read()).toEqual({ open: 2, fromLeft: 4, fromRight: 42 });
  first.end();
  await first.ended;
  expect(totals.read()).toEqual({ open: 1, fromLeft: 4, fromRight: 42 });
});
