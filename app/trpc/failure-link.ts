import type { TRPCLink } from "@trpc/client";
import { observable } from "@trpc/server/observable";
import type { AppRouter } from "../../server/trpc/app-router";

/** Shows `onFailure` the failure of every call, however it was made: by a query, a mutation, a subscription, or the client itself. */
export function failureLink(onFailure: (error: unknown) => void): TRPCLink<AppRouter> {
  return () =>
    ({ op, next }) =>
      observable((observer) =>
        next(op).subscribe({
          next: (value) => observer.next(value),
          complete: () => observer.complete(),
          error(error) {
            onFailure(error);
            observer.error(error);
          },
        }),
      );
}
