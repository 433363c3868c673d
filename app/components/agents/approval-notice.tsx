"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ShieldCheck } from "lucide-react";
import { type Outputs, useTRPC } from "../../trpc/client";
import { Button } from "../controls/button";
import { Notice } from "../feedback/notice";
import { useToasts } from "../feedback/toasts";
import { isAdmin, useCurrentUser } from "../shell/user-context";

/** For an agent in the waiting room: the key that it shows, and the word that lets that key in. */
export function ApprovalNotice({ agent }: { agent: Outputs["agents"]["get"] }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const toasts = useToasts();
  const user = useCurrentUser();
  const { keyFingerprint } = agent.identity;
  const approve = useMutation(
    trpc.agents.approve.mutationOptions({
      onError: (error) => toasts.failed(`${agent.agentId} could not be approved`, error),
      onSettled: () => queryClient.invalidateQueries(trpc.agents.pathFilter()),
    }),
  );
  if (!agent.awaitsApproval || !keyFingerprint) return null;
  return (
    <Notice
      tone="warning"
      action={
        isAdmin(user) ? (
          <Button
            look="primary"
            busy={approve.isPending}
            icon={<ShieldCheck aria-hidden className="size-4" />}
            onClick={() => approve.mutate({ id: agent.agentId, keyFingerprint })}
          >
            Approve this key
          </Button>
        ) : undefined
      }
    >
      <p className="font-medium">{agent.agentId} waits for approval and can do nothing until then.</p>
      <p className="mt-1 text-sm">
        {isAdmin(user) ? "Compare its key with what the agent’s log on the host says:" : "An administrator has to approve its key:"}
      </p>
      <p className="mt-1 font-mono text-sm select-all">{keyFingerprint.match(/.{1,8}/g)?.join(" ")}</p>
    </Notice>
  );
}
