import type { TRPCLink } from "@trpc/client";
import { observable } from "@trpc/server/observable";
import type { AppRouter } from "../../server/trpc/app-router";

/** Shows `onFailure` the failure of every call and when it began (`performance.now()`), however it was made: by a query, a mutation, a subscription, or the client itself. */
export function failureLink(onFailure: (error: unknown, begunAt: number) => void): TRPCLink<AppRouter> {
  return () =>
    ({ op, next }) =>
      observable((observer) => {
        const begunAt = performance.now();
        return next(op).subscribe({
          next: (value) => observer.next(value),
          complete: () => observer.complete(),
          error(error) {
            onFailure(error, begunAt);
            observer.error(error);
          },
        });
      });
}
