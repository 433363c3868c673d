"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Replace, Trash2, Unplug } from "lucide-react";
import { useState } from "react";
import { type Outputs, useTRPC } from "../../trpc/client";
import { Button } from "../controls/button";
import { CheckField } from "../controls/check-field";
import { Dialog } from "../controls/dialog";
import { useToasts } from "../feedback/toasts";

/** For a session whose agent was revoked: to the agent that has its place now, or away. */
export function StrandedStage({ session }: { session: Outputs["sessions"]["get"] }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const toasts = useToasts();
  const [asking, setAsking] = useState(false);
  const [keep, setKeep] = useState(true);
  const close = () => setAsking(false);
  const onSettled = () => Promise.all([trpc.sessions, trpc.homes].map((room) => queryClient.invalidateQueries(room.pathFilter())));
  const adopt = useMutation(
    trpc.sessions.adopt.mutationOptions({ onError: (error) => toasts.failed(`${session.name} could not be adopted`, error), onSettled }),
  );
  const abandon = useMutation(
    trpc.sessions.abandon.mutationOptions({
      onSuccess: close,
      onError: (error) => toasts.failed(`${session.name} could not be removed`, error),
      onSettled,
    }),
  );
  const adopter = session.stranded?.adopter ?? null;
  const hasHome = session.homeId !== null;
  return (
    <div className="flex w-full max-w-md flex-col gap-4 rounded-xl border border-line bg-surface p-5">
      <div className="flex items-start gap-3">
        <Unplug aria-hidden className="mt-0.5 size-5 shrink-0 text-warning" />
        <div className="min-w-0">
          <h2 className="text-lg font-medium wrap-anywhere">Its agent was revoked</h2>
          <p className="mt-0.5 text-ink-soft wrap-anywhere">
            “{session.agentId}” is asked for nothing any more; the session may still run there.{" "}
            {adopter ? `“${adopter}” can take it over, with its home.` : "Once its host was added again, the session can go on there."}
          </p>
        </div>
      </div>
      {session.may.terminate ? (
        <div className="flex flex-wrap gap-2">
          {adopter ? (
            <Button
              look="primary"
              busy={adopt.isPending}
              icon={<Replace aria-hidden className="size-4" />}
              onClick={() => adopt.mutate({ id: session.id })}
            >
              Adopt
            </Button>
          ) : null}
          <Button icon={<Trash2 aria-hidden className="size-4" />} onClick={() => setAsking(true)}>
            Remove…
          </Button>
        </div>
      ) : null}
      {asking ? (
        <Dialog
          open
          onClose={close}
          title={`Remove ${session.name}?`}
          description="The session ends here. Nobody asks the host: what runs there goes on until somebody ends it there."
          actions={
            <>
              <Button onClick={close}>Cancel</Button>
              <Button
                look="danger"
                busy={abandon.isPending}
                onClick={() => abandon.mutate({ id: session.id, home: keep ? "keep" : "remove" })}
              >
                Remove
              </Button>
            </>
          }
        >
          {hasHome ? (
            <CheckField
              label="Keep its home"
              hint="It can be used again once an agent on that host says that it has it. Otherwise it is forgotten; the files stay on the host."
              checked={keep}
              onChange={setKeep}
            />
          ) : null}
        </Dialog>
      ) : null}
    </div>
  );
}
