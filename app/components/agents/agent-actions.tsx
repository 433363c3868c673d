"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Droplets, Play, Trash2 } from "lucide-react";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { counted } from "../../format/quantity";
import { type Inputs, type Outputs, useTRPC } from "../../trpc/client";
import { Button } from "../controls/button";
import { useToasts } from "../feedback/toasts";
import { lazyInBrowser } from "../lazy-part";

const DrainDialog = lazyInBrowser(() => import("./drain-dialog").then((module) => module.DrainDialog));
const ConfirmDialog = lazyInBrowser(() => import("../controls/confirm-dialog").then((module) => module.ConfirmDialog));

export function AgentActions({ agent }: { agent: Outputs["agents"]["get"] }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const router = useRouter();
  const toasts = useToasts();
  const [asking, setAsking] = useState<"drain" | "revoke" | null>(null);
  const close = () => setAsking(null);
  const changed = () => queryClient.invalidateQueries(trpc.agents.pathFilter());
  const setStatus = useMutation(
    trpc.agents.setStatus.mutationOptions({
      onError: (error) => toasts.failed(`${agent.agentId} could not be changed`, error),
      onSettled: () => {
        close();
        return changed();
      },
    }),
  );
  const remove = useMutation(
    trpc.agents.remove.mutationOptions({
      onSuccess: () => router.push("/agents"),
      onError: (error) => toasts.failed(`${agent.agentId} could not be revoked`, error),
      onSettled: changed,
    }),
  );
  const set = (status: Inputs["agents"]["setStatus"]["status"], sessions?: "finish" | "hibernate") =>
    setStatus.mutate({ id: agent.agentId, status, sessions });
  const holds = agent.capacity.currentSessions;
  return (
    <>
      {agent.drain ? (
        <Button busy={setStatus.isPending} icon={<Play aria-hidden className="size-4" />} onClick={() => set("online")}>
          Take sessions again
        </Button>
      ) : (
        <Button
          busy={setStatus.isPending}
          icon={<Droplets aria-hidden className="size-4" />}
          onClick={() => (holds > 0 ? setAsking("drain") : set("draining"))}
        >
          {holds > 0 ? "Drain…" : "Drain"}
        </Button>
      )}
      <Button icon={<Trash2 aria-hidden className="size-4" />} onClick={() => setAsking("revoke")}>
        Revoke…
      </Button>
      {asking === "drain" ? (
        <DrainDialog
          name={agent.agentId}
          sessions={holds}
          busy={setStatus.isPending}
          onDrain={(sessions) => set("draining", sessions)}
          onClose={close}
        />
      ) : null}
      {asking === "revoke" ? (
        <ConfirmDialog
          open
          onClose={close}
          title={`Revoke ${agent.agentId}?`}
          action="Revoke"
          typedName={holds > 0 ? agent.agentId : undefined}
          busy={remove.isPending}
          onConfirm={() => remove.mutate({ id: agent.agentId })}
        >
          <p>
            Its certificate stops working at once: its connection, its viewers and its tasks end within a second. To come back, the host has
            to be added anew; it may have the same name.
          </p>
          {holds > 0 ? (
            <p className="mt-2">
              It holds {counted(holds, "session")}. They may run on there, out of reach, until each is adopted by the host that was added
              again, or removed. Homes stay on the host and are kept in mind here.
            </p>
          ) : null}
        </ConfirmDialog>
      ) : null}
    </>
  );
}
