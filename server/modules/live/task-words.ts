import type { BusEvent } from "../../platform/bus";
import type { Clock } from "../../platform/clock";

/** What a task's agent says of it comes many times a second; whoever looks reads it again each time. */
export const TASK_WORDS_MS = 200;

interface Telling {
  held: BusEvent | null;
}

/**
 * How far a task is, told at most once in `TASK_WORDS_MS`: the first word at once, and the last of those that followed when that time is
 * over. Everything else goes straight through, and a task's end takes along what was held of it.
 */
export class TaskWords {
  private readonly telling = new Map<string, Telling>();

  constructor(
    private readonly clock: Clock,
    private readonly tell: (event: BusEvent) => void,
  ) {}

  take(event: BusEvent): void {
    if (event.kind !== "task") return this.tell(event);
    const telling = this.telling.get(event.taskId);
    if (event.only !== "progress") {
      if (telling) telling.held = null;
      return this.tell(event);
    }
    if (telling) telling.held = event;
    else this.say(event.taskId, event);
  }

  private say(taskId: string, event: BusEvent): void {
    const telling: Telling = { held: null };
    this.telling.set(taskId, telling);
    this.tell(event);
    this.clock.after(TASK_WORDS_MS, () => {
      this.telling.delete(taskId);
      if (telling.held) this.say(taskId, telling.held);
    });
  }
}
