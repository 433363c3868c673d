import type { Splice } from "./splice";

/** Splices that are open, and the bytes of all that ever were: what is on the way now counts before it has ended. */
export class SpliceTotals {
  private readonly open = new Set<Splice>();
  private fromLeft = 0;
  private fromRight = 0;

  add(splice: Splice): void {
    this.open.add(splice);
    void splice.ended.then(({ fromLeft, fromRight }) => {
      this.open.delete(splice);
      this.fromLeft += fromLeft;
      this.fromRight += fromRight;
    });
  }

  read(): { readonly open: number; readonly fromLeft: number; readonly fromRight: number } {
    let { fromLeft, fromRight } = this;
    for (const splice of this.open) {
      const count = splice.count();
      fromLeft += count.fromLeft;
      fromRight += count.fromRight;
    }
    return { open: this.open.size, fromLeft, fromRight };
  }
}
