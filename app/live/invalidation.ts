import type { QueryClient, QueryFilters } from "@tanstack/react-query";
import type { TRPCOptionsProxy } from "@trpc/tanstack-react-query";
import type { LiveEvent } from "../../server/modules/live/live-schema";
import type { AppRouter } from "../../server/trpc/app-router";

type Trpc = TRPCOptionsProxy<AppRouter>;

/** Which queries have to be asked again after an event: those about the thing by its id, and the lists and counts that have it in them. */
export function queriesTouchedBy(event: LiveEvent, trpc: Trpc): QueryFilters[] {
  switch (event.kind) {
    case "session":
      return [
        trpc.sessions.get.queryFilter({ id: event.id }),
        trpc.sessions.events.queryFilter({ id: event.id }),
        trpc.sessions.list.pathFilter(),
        trpc.sessions.counts.pathFilter(),
        trpc.homes.list.pathFilter(),
      ];
    case "agent":
      return [trpc.agents.pathFilter(), trpc.registrationTokens.list.pathFilter(), trpc.system.status.pathFilter()];
    case "task":
      return [
        trpc.tasks.list.pathFilter(),
        trpc.tasks.get.queryFilter({ id: event.id }),
        ...(event.sessionId
          ? [trpc.sessions.get.queryFilter({ id: event.sessionId }), trpc.sessions.events.queryFilter({ id: event.sessionId })]
          : []),
      ];
    case "template":
      return [trpc.templates.pathFilter()];
    case "user":
      return [trpc.users.pathFilter(), trpc.auth.me.pathFilter()];
    case "home":
      return [trpc.homes.list.pathFilter()];
    case "resync":
      return [{}];
  }
}

/** How long events are gathered: fifty changes a second ask for a list four times, not fifty. */
export const GATHER_MS = 250;

/** Gathers events and invalidates each query once. The first event of a quiet time goes through at once. */
export class Invalidations {
  #waiting = new Map<string, QueryFilters>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly queryClient: QueryClient,
    private readonly trpc: Trpc,
  ) {}

  add(event: LiveEvent): void {
    for (const filter of queriesTouchedBy(event, this.trpc)) this.#waiting.set(JSON.stringify(filter.queryKey ?? null), filter);
    if (this.#timer !== undefined) return;
    this.#flush();
    this.#timer = setTimeout(() => this.#next(), GATHER_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting.clear();
  }

  #next(): void {
    this.#timer = undefined;
    if (this.#waiting.size === 0) return;
    this.#flush();
    this.#timer = setTimeout(() => this.#next(), GATHER_MS);
  }

  #flush(): void {
    const filters = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const filter of filters) void this.queryClient.invalidateQueries(filter);
  }
}
