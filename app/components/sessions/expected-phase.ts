import type { QueryClient } from "@tanstack/react-query";
import type { TRPCOptionsProxy } from "@trpc/tanstack-react-query";
import type { AppRouter } from "../../../server/trpc/app-router";
import type { Outputs } from "../../trpc/client";
import type { BulkAction } from "./bulk";

type List = Outputs["sessions"]["list"];
const expected = {
  hibernate: { state: "hibernated", phase: "Hibernating" },
  wake: { state: "running", phase: "Waking" },
  terminate: { state: "terminating", phase: "Terminating" },
} as const;

/** Shows at once, in every list, what follows for certain when this is accepted. The lists are asked again when it was answered. */
export function expectPhase(
  queryClient: QueryClient,
  trpc: TRPCOptionsProxy<AppRouter>,
  ids: ReadonlySet<string>,
  action: Exclude<BulkAction, "delete">,
): void {
  const { state, phase } = expected[action];
  queryClient.setQueriesData<List>(trpc.sessions.list.pathFilter(), (list) =>
    list?.sessions.some(({ id }) => ids.has(id))
      ? {
          ...list,
          sessions: list.sessions.map((session) =>
            ids.has(session.id)
              ? { ...session, state, thumbnail: false, status: { ...session.status, phase, message: "", progress: null } }
              : session,
          ),
        }
      : list,
  );
}
