import { QueryClient } from "@tanstack/react-query";
import { readFailure } from "../errors/read-failure";

/**
 * Live events say when something changed, so data stays fresh for long; a lost event costs a minute at most and not
 * correctness: what is on the page is asked for again that often. Only failures that may pass by themselves are tried again.
 */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 60_000,
        refetchInterval: 60_000,
        gcTime: 10 * 60_000,
        retry: (attempts, error) => attempts < 2 && readFailure(error).retryable,
        retryDelay: (attempt) => 500 * 2 ** attempt,
      },
      mutations: { retry: false },
    },
  });
}
