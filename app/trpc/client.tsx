"use client";
import { QueryClientProvider } from "@tanstack/react-query";
import { createTRPCClient, createWSClient, httpBatchLink, splitLink, wsLink } from "@trpc/client";
import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import { createTRPCContext } from "@trpc/tanstack-react-query";
import { type ReactNode, useState } from "react";
import { ACCESS_ENDED } from "../../server/modules/live/live-codes";
import type { AppRouter } from "../../server/trpc/app-router";
import { goToSignIn } from "../account/go-to-sign-in";
import { readFailure, signedOut } from "../errors/read-failure";
import { liveConnection } from "../live/connection-store";
import { failureLink } from "./failure-link";
import { createQueryClient } from "./query-client";

export type Inputs = inferRouterInputs<AppRouter>;
/** What arrives over HTTP: moments are ISO strings. */
export type Outputs = inferRouterOutputs<AppRouter>;

export const { TRPCProvider, useTRPC, useTRPCClient } = createTRPCContext<AppRouter>();

const HTTP_URL = "/api/trpc";

/** Queries travel in batches; a mutation goes alone, because some wait for seconds for what they asked for. */
function createLinks() {
  const http = splitLink({
    condition: (operation) => operation.type === "mutation",
    true: httpBatchLink({ url: HTTP_URL, maxItems: 1 }),
    false: httpBatchLink({ url: HTTP_URL, maxURLLength: 4000 }),
  });
  // While a page is rendered on the server nothing is sent; there is no WebSocket there.
  const failures = failureLink(leaveWhenSignedOut);
  if (typeof window === "undefined") return [failures, http];
  let openedAt = performance.now();
  const live = createWSClient({
    url: `${window.location.protocol === "https:" ? "wss" : "ws"}://${window.location.host}/live`,
    lazy: { enabled: true, closeMs: 30_000 },
    keepAlive: { enabled: true, intervalMs: 15_000, pongTimeoutMs: 5_000 },
    retryDelayMs: (attempt) => Math.min(500 * 2 ** attempt, 10_000) * (0.75 + Math.random() / 2),
    onOpen() {
      openedAt = performance.now();
      liveConnection.opened();
    },
    onClose(cause) {
      if (cause?.code === ACCESS_ENDED) goToSignIn(openedAt);
      liveConnection.closed(Date.now());
    },
    onError: () => liveConnection.closed(Date.now()),
  });
  return [
    failures,
    splitLink({ condition: (operation) => operation.type === "subscription", true: wsLink({ client: live }), false: http }),
  ];
}

function leaveWhenSignedOut(error: unknown, begunAt: number): void {
  if (signedOut(readFailure(error))) goToSignIn(begunAt);
}

export function TrpcProviders({ children }: { children: ReactNode }) {
  const [queryClient] = useState(() => createQueryClient());
  const [trpcClient] = useState(() => createTRPCClient<AppRouter>({ links: createLinks() }));
  return (
    <QueryClientProvider client={queryClient}>
      <TRPCProvider trpcClient={trpcClient} queryClient={queryClient}>
        {children}
      </TRPCProvider>
    </QueryClientProvider>
  );
}
