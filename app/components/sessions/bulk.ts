import type { SessionPhase } from "@berth/protocol/session-states";
import type { SessionState } from "./session-words";

export type BulkAction = "hibernate" | "wake" | "terminate" | "delete";
export const bulkActions: readonly BulkAction[] = ["hibernate", "wake", "terminate", "delete"];

/** What is asked of the control plane at once; each may wait for ten seconds. */
const AT_ONCE = 5;

interface Candidate {
  readonly user: string;
  readonly state: SessionState;
  readonly status: { readonly phase: SessionPhase };
}

/** Whether an action makes sense for a session now, and this person may ask for it. The server decides again. */
export function isEligible(action: BulkAction, session: Candidate, person: { username: string; staff: boolean }): boolean {
  if (session.user !== person.username && !person.staff) return false;
  switch (action) {
    case "hibernate":
      return session.status.phase === "Running";
    case "wake":
      return session.state === "hibernated" && session.status.phase !== "Hibernating";
    case "terminate":
      return session.state !== "terminated" && session.state !== "terminating";
    case "delete":
      return session.state === "terminated";
  }
}

export interface BulkOutcome<Item> {
  readonly done: readonly Item[];
  readonly failed: readonly { readonly item: Item; readonly error: unknown }[];
}

/** Does `work` with each, five at a time; one that fails holds no other up. */
export async function runAll<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<unknown>,
  settled: (item: Item) => void = () => {},
): Promise<BulkOutcome<Item>> {
  const done: Item[] = [];
  const failed: { item: Item; error: unknown }[] = [];
  const waiting = [...items];
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      try {
        await work(item);
        done.push(item);
      } catch (error) {
        failed.push({ item, error });
      }
      settled(item);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return { done, failed };
}

/** Which are chosen after a click: one more or one less, or with Shift all from the last one that was clicked to this. */
export function toggled(chosen: ReadonlySet<string>, ids: readonly string[], id: string, anchor: string | null): ReadonlySet<string> {
  const next = new Set(chosen);
  const [from, to] = [anchor === null ? -1 : ids.indexOf(anchor), ids.indexOf(id)];
  const range = from < 0 || to < 0 ? [id] : ids.slice(Math.min(from, to), Math.max(from, to) + 1);
  for (const each of range) {
    if (chosen.has(id)) next.delete(each);
    else next.add(each);
  }
  return next;
}
