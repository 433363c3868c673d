import { dehydrate, HydrationBoundary, type QueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";

/** Gives what a server component has read to the queries of the client components inside. */
export function Hydrate({ of, children }: { of: QueryClient; children: ReactNode }) {
  return <HydrationBoundary state={dehydrate(of)}>{children}</HydrationBoundary>;
}
