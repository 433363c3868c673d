"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type Outputs, useTRPC } from "../../trpc/client";
import { useToasts } from "../feedback/toasts";
import { expectPhase } from "./expected-phase";

type SessionName = Pick<Outputs["sessions"]["list"]["sessions"][number], "id" | "name">;

/** What can be done to one session. What comes of it is seen on the page; only a refusal is told. */
export function useSessionActions(session: SessionName) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const toasts = useToasts();
  const changed = () =>
    Promise.all([queryClient.invalidateQueries(trpc.sessions.pathFilter()), queryClient.invalidateQueries(trpc.homes.list.pathFilter())]);

  const setState = useMutation(
    trpc.sessions.setState.mutationOptions({
      onMutate: ({ id: asked, state }) => {
        const action = actionOf[state];
        if (action) expectPhase(queryClient, trpc, new Set([asked]), action);
      },
      onSuccess: (detail) => queryClient.setQueryData(trpc.sessions.get.queryKey({ id: detail.id }), detail),
      onError: (error, { state }) => toasts.failed(`${session.name} could not be ${refused[state]}`, error),
      onSettled: changed,
    }),
  );
  const terminate = useMutation(
    trpc.sessions.terminate.mutationOptions({
      onMutate: ({ id: asked }) => expectPhase(queryClient, trpc, new Set([asked]), "terminate"),
      onSuccess: (detail) => queryClient.setQueryData(trpc.sessions.get.queryKey({ id: detail.id }), detail),
      onError: (error) => toasts.failed(`${session.name} could not be terminated`, error),
      onSettled: changed,
    }),
  );
  const remove = useMutation(
    trpc.sessions.delete.mutationOptions({
      onError: (error) => toasts.failed(`${session.name} could not be removed`, error),
      onSettled: changed,
    }),
  );
  const { id } = session;
  return {
    hibernate: () => setState.mutate({ id, state: "hibernated" }),
    wake: () => setState.mutate({ id, state: "running" }),
    terminate: () => terminate.mutate({ id }),
    forceTerminate: () => setState.mutate({ id, state: "terminated" }),
    remove: (onDone?: () => void) => remove.mutate({ id }, { onSuccess: onDone }),
    /** What was asked for last and is not answered yet. */
    asked: terminate.isPending ? "terminating" : setState.isPending ? setState.variables.state : null,
    removing: remove.isPending,
  };
}

export type SessionActions = ReturnType<typeof useSessionActions>;

const actionOf = { running: "wake", hibernated: "hibernate", terminating: "terminate", terminated: null } as const;
const refused = { running: "woken", hibernated: "hibernated", terminating: "terminated", terminated: "terminated by force" } as const;
