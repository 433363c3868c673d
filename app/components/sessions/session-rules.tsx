"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type Outputs, useTRPC } from "../../trpc/client";
import { Panel } from "../data/panel";
import { useToasts } from "../feedback/toasts";
import { useCurrentUser } from "../shell/user-context";
import { PolicyChoice } from "./policy-choice";

/** What the screen lets through; its owner makes it stricter here, and it holds at once. */
export function SessionRules({ session }: { session: Outputs["sessions"]["get"] }) {
  const trpc = useTRPC();
  const user = useCurrentUser();
  const queryClient = useQueryClient();
  const toasts = useToasts();
  const key = trpc.sessions.get.queryKey({ id: session.id });
  const change = useMutation(
    trpc.sessions.setPolicy.mutationOptions({
      onSuccess: (detail) => queryClient.setQueryData(key, detail),
      onError: (error) => toasts.failed("What the screen allows could not be changed", error),
    }),
  );
  const asked = change.isPending ? change.variables.policy : {};
  return (
    <Panel title="What the screen allows">
      <PolicyChoice
        policy={{ ...session.policy, ...asked }}
        ceiling={session.policyCeiling}
        disabled={change.isPending || session.user !== user.username || session.state === "terminated"}
        onChange={(field, allowed) => change.mutate({ id: session.id, policy: { [field]: allowed } })}
      />
    </Panel>
  );
}
