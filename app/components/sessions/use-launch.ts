"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type Inputs, useTRPC } from "../../trpc/client";
import { lacksRoom } from "./lacks-room";
import { useShowLaunched } from "./launched-session";

/** Brings what a session's page needs while the person still aims or the server still answers. */
export function warmSessionPage(): void {
  void import("./session-page").catch(() => {});
  void import("../viewer/desktop").catch(() => {});
  void import("@novnc/novnc").catch(() => {});
}

/** Creates a session and goes to its page, where its start is seen. */
export function useLaunch() {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const show = useShowLaunched();
  const create = useMutation(
    trpc.sessions.create.mutationOptions({
      onSuccess: (session) => {
        queryClient.setQueryData(trpc.sessions.get.queryKey({ id: session.id }), session);
        show(session.id);
        // What was used last is another template now: asked again when it is looked at.
        void queryClient.invalidateQueries({ ...trpc.templates.shelves.queryFilter(), refetchType: "none" });
      },
    }),
  );
  const asked = create.variables;
  return {
    start: (input: Inputs["sessions"]["create"]) => {
      warmSessionPage();
      create.mutate(input);
    },
    /** Until the session's page is there, so that a second press makes no second session. */
    launching: create.isPending || create.isSuccess,
    error: create.error,
    /** The same once more, in line for room; null where room is not what was missing, or it stood in line already. */
    wait: asked && !asked.queue && create.error && lacksRoom(create.error) ? () => create.mutate({ ...asked, queue: true }) : null,
  };
}
