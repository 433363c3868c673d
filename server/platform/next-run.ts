/**
 * One read for all who ask for the same while another is under way: whoever comes then shares the read that begins when that one ends, so
 * nobody is told what was so before they asked, and however many ask, at most one read runs.
 */
export class NextRun<Value> {
  private running: Promise<Value> | null = null;
  private next: Promise<Value> | null = null;

  constructor(private readonly read: () => Promise<Value>) {}

  ask(): Promise<Value> {
    if (!this.running) return this.begin();
    this.next ??= this.running.then(
      () => this.begin(),
      () => this.begin(),
    );
    return this.next;
  }

  private begin(): Promise<Value> {
    this.next = null;
    const run = this.read().finally(() => {
      if (this.running === run) this.running = null;
    });
    this.running = run;
    return run;
  }
}
