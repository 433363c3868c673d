import type { z } from "zod";
import type { Bus } from "../../platform/bus";
import type { Clock } from "../../platform/clock";
import type { Database } from "../../platform/database";
import { KeptBriefly } from "../../platform/kept-briefly";
import { pagination } from "../../platform/paging";
import type { TasksService } from "../tasks/tasks-service";
import type { Actor } from "../users/users-policy";
import { findQueuePlaces } from "./queue/session-queue-store";
import type { SessionDisplays } from "./session-displays";
import { countSessions, findSessions, type SessionFilter } from "./session-list-store";
import { isSettled } from "./session-status";
import { sessionView } from "./session-views";
import type { listSessionsInput, listSessionsOutput } from "./sessions-schema";
import { findSessionsSharedWith } from "./sharing/shares-store";

export interface SessionPagesDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly tasks: TasksService;
  readonly displays: SessionDisplays;
}

/** The lists of sessions, as whoever asks may see them. */
export class SessionPages {
  /** Of one list, whichever of its pages is looked at: to count ten thousand rows costs as much as to read a page. */
  private readonly totals: KeptBriefly<{ counted: number }>;

  constructor(private readonly deps: SessionPagesDeps) {
    this.totals = new KeptBriefly(deps.clock);
    deps.bus.beforehand(({ kind }) => {
      // All that a filter asks of but an agent's name, which never changes.
      if (kind === "session" || kind === "inside" || kind === "user" || kind === "template") this.totals.drop();
    });
  }

  async read(actor: Actor, input: z.output<typeof listSessionsInput>): Promise<z.output<typeof listSessionsOutput>> {
    const { database, clock, tasks } = this.deps;
    const { user, agentId, shared, template, platform, state, live, tags, health, search } = input;
    const now = clock.now();
    const staff = actor.role !== "user";
    const invitedTo = shared || staff ? await findSessionsSharedWith(database, actor.userId, now) : [];
    const whose = shared ? { ids: invitedTo } : staff ? {} : { userId: actor.userId };
    const filter: SessionFilter = { template, platform, state, live, tags, health, search, username: user, agent: agentId, ...whose };
    const [{ rows, nextCursor }, total] = await Promise.all([
      findSessions(database, filter, input),
      this.totals.of(JSON.stringify(filter), async () => ({ counted: await countSessions(database, filter) })),
    ]);
    const [displays, progress, places] = await Promise.all([
      this.deps.displays.of(rows),
      tasks.progress(rows.filter((row) => !isSettled(row)).map(({ id }) => id)),
      findQueuePlaces(database, rows),
    ]);
    const sessions = rows.flatMap((row) => {
      const display = displays.get(row.id);
      const looksOn = row.userId === actor.userId || invitedTo.includes(row.id);
      return display
        ? [sessionView(row, { display, progress: progress.get(row.id) ?? null, queue: places.get(row.id) ?? null, now, looksOn })]
        : [];
    });
    return { sessions, pagination: pagination(input, total.counted, nextCursor) };
  }
}
