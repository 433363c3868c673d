"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { type Inputs, useTRPC } from "../../trpc/client";

/** Creates a session and goes to its page, where its start is seen. */
export function useLaunch() {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const router = useRouter();
  const create = useMutation(
    trpc.sessions.create.mutationOptions({
      onSuccess: (session) => {
        queryClient.setQueryData(trpc.sessions.get.queryKey({ id: session.id }), session);
        void queryClient.invalidateQueries(trpc.sessions.list.pathFilter());
        router.push(`/sessions/${session.id}`);
      },
    }),
  );
  return {
    start: (input: Inputs["sessions"]["create"]) => create.mutate(input),
    /** Until the session's page is there, so that a second press makes no second session. */
    launching: create.isPending || create.isSuccess,
    error: create.error,
  };
}
