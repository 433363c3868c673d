import type { QueryClient, QueryFilters } from "@tanstack/react-query";
import type { TRPCOptionsProxy } from "@trpc/tanstack-react-query";
import type { LiveEvent } from "../../server/modules/live/live-schema";
import type { AppRouter } from "../../server/trpc/app-router";

type Trpc = TRPCOptionsProxy<AppRouter>;

export interface Touched {
  /** About the one thing: what the person looks at. */
  readonly exact: readonly QueryFilters[];
  /** Lists and counts that have it in them. */
  readonly broad: readonly QueryFilters[];
  /** What follows from many such things: how full the agents are. */
  readonly slow?: readonly QueryFilters[];
}

/** Which queries have to be asked again after an event. */
export function queriesTouchedBy(event: LiveEvent, trpc: Trpc): Touched {
  // Not its history of usage, which asks once a minute by itself.
  const agents = [trpc.agents.list.pathFilter(), trpc.agents.get.pathFilter(), trpc.agents.stats.pathFilter()];
  const session = (id: string) => [trpc.sessions.get.queryFilter({ id }), trpc.sessions.events.queryFilter({ id })];
  const ports = (id: string) => [trpc.ports.list.queryFilter({ id }), trpc.ports.shares.queryFilter({ id })];
  switch (event.kind) {
    case "session":
      return {
        exact: session(event.id),
        broad: [trpc.sessions.list.pathFilter(), trpc.sessions.counts.pathFilter(), trpc.homes.list.pathFilter()],
        slow: [...agents, trpc.account.usage.pathFilter()],
      };
    case "agent":
      return { exact: [], broad: [...agents, trpc.registrationTokens.list.pathFilter(), trpc.system.status.pathFilter()] };
    case "task":
      return {
        exact: [trpc.tasks.get.queryFilter({ id: event.id }), ...(event.sessionId ? session(event.sessionId) : [])],
        broad: [trpc.tasks.list.pathFilter()],
      };
    case "template":
      return { exact: [], broad: [trpc.templates.pathFilter()] };
    case "user":
      return { exact: [], broad: [trpc.users.pathFilter(), trpc.auth.me.pathFilter(), trpc.account.usage.pathFilter()] };
    case "home":
      return { exact: [], broad: [trpc.homes.list.pathFilter(), trpc.account.usage.pathFilter()] };
    case "viewers":
      return {
        exact: [
          trpc.sessions.viewers.queryFilter({ id: event.id }),
          trpc.terminals.visits.queryFilter({ id: event.id }),
          trpc.shares.list.queryFilter({ sessionId: event.id }),
        ],
        // Lists of what is shared are among them.
        broad: [trpc.shares.mine.pathFilter(), trpc.sessions.list.pathFilter()],
      };
    case "inside":
      return {
        exact: [
          trpc.sessions.get.queryFilter({ id: event.id }),
          trpc.containers.pathFilter(),
          ...(event.about === "ports" ? ports(event.id) : []),
        ],
        broad: event.about === "snapshots" ? [trpc.snapshots.pathFilter(), trpc.account.usage.pathFilter()] : [],
      };
    case "queue":
      // Whose place moved: of what is shown, that which waits. Under a key of its own, so that it is gathered beside what sessions touch.
      return { exact: [{ ...trpc.sessions.pathFilter(), predicate: ({ state }) => holdsWaiting(state.data) }], broad: [] };
    case "resync":
      return { exact: [], broad: [{}] };
  }
}

/** A session that waits for room, or a list with one. */
function holdsWaiting(data: unknown): boolean {
  if (typeof data !== "object" || data === null) return false;
  const sessions: unknown = Reflect.get(data, "sessions");
  if (Array.isArray(sessions)) return sessions.some(holdsWaiting);
  const status: unknown = Reflect.get(data, "status");
  return (
    typeof status === "object" &&
    status !== null &&
    typeof Reflect.get(status, "queue") === "object" &&
    Reflect.get(status, "queue") !== null
  );
}

/** How long events are gathered: fifty changes a second ask for a list four times, not fifty. What one looks at follows sooner. */
export const GATHER_MS = { exact: 200, broad: 250, slow: 1000 } as const;

/** Gathers events and invalidates each query once. */
export class Invalidations {
  private readonly exact: Gathering;
  private readonly broad: Gathering;
  private readonly slow: Gathering;

  constructor(
    queryClient: Pick<QueryClient, "invalidateQueries">,
    private readonly trpc: Trpc,
  ) {
    this.exact = new Gathering(queryClient, GATHER_MS.exact);
    this.broad = new Gathering(queryClient, GATHER_MS.broad);
    this.slow = new Gathering(queryClient, GATHER_MS.slow);
  }

  add(event: LiveEvent): void {
    const { exact, broad, slow } = queriesTouchedBy(event, this.trpc);
    this.exact.add(exact);
    this.broad.add(broad);
    this.slow.add(slow ?? []);
  }

  stop(): void {
    this.exact.stop();
    this.broad.stop();
    this.slow.stop();
  }
}

/** The first of a quiet time goes through at once; what comes within the interval after it goes together at its end. */
class Gathering {
  private readonly waiting = new Map<string, QueryFilters>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly queryClient: Pick<QueryClient, "invalidateQueries">,
    private readonly intervalMs: number,
  ) {}

  add(filters: readonly QueryFilters[]): void {
    for (const filter of filters) this.waiting.set(JSON.stringify(filter.queryKey ?? null), filter);
    if (this.timer === undefined) this.flush();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.waiting.clear();
  }

  private flush(): void {
    this.timer = undefined;
    if (this.waiting.size === 0) return;
    const filters = [...this.waiting.values()];
    this.waiting.clear();
    for (const filter of filters) void this.queryClient.invalidateQueries(filter);
    this.timer = setTimeout(() => this.flush(), this.intervalMs);
  }
}
