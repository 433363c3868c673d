"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus, X } from "lucide-react";
import { Tabs } from "radix-ui";
import { useEffect, useRef, useState } from "react";
import { type Outputs, useTRPC } from "../../trpc/client";
import { Button, IconButton } from "../controls/button";
import { FailurePanel } from "../feedback/failure-panel";
import { Bone } from "../feedback/skeleton";
import { useToasts } from "../feedback/toasts";
import { useCurrentUser } from "../shell/user-context";
import { ReasonForm } from "../viewer/reason-form";
import { TerminalView } from "./terminal-view";

type Detail = Outputs["sessions"]["get"];

/** Shells in a session: each goes on when nobody looks, and is found again here. */
export function TerminalsTab({ session }: { session: Detail }) {
  const user = useCurrentUser();
  const [reason, setReason] = useState<string>();
  if (session.status.phase !== "Running")
    return <p className="p-4 text-ink-soft">Terminals are open while the session runs. Its shells end when it is hibernated.</p>;
  if (session.user !== user.username && reason === undefined)
    return (
      <div className="overflow-y-auto p-4">
        <ReasonForm owner={session.user} what="session" onReason={setReason} />
      </div>
    );
  return <Terminals session={session} reason={reason} />;
}

function Terminals({ session, reason }: { session: Detail; reason: string | undefined }) {
  const trpc = useTRPC();
  const cache = useQueryClient();
  const toasts = useToasts();
  const [chosen, setChosen] = useState<string | null>(null);
  const list = useRef<HTMLDivElement>(null);
  const input = { id: session.id };
  const found = useQuery({ ...trpc.terminals.list.queryOptions(input), refetchInterval: 15_000 });
  const refresh = () => cache.invalidateQueries(trpc.terminals.list.queryFilter(input));
  /** Closed here, whether or not the list has heard of it. */
  const [closed, setClosed] = useState<readonly string[]>([]);
  const known = (found.data?.terminals ?? []).map(({ id }) => id).filter((id) => !closed.includes(id));
  const create = useMutation(
    trpc.terminals.create.mutationOptions({
      onSuccess: async ({ id }) => {
        setChosen(id);
        await refresh();
      },
      // With others open it is one thing that did not happen; with none it is all there is to say.
      onError: (error) => known.length > 0 && toasts.failed("No terminal could be opened", error),
    }),
  );
  const end = useMutation(trpc.terminals.end.mutationOptions({ onSettled: refresh }));
  const start = () => create.mutate({ ...input, ...(reason ? { reason } : {}) });
  // Whoever comes here wants a shell: the first is made without being asked for, once.
  const first = useRef(true);
  const empty = found.data?.terminals.length === 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies(start): it is made anew with each picture
  useEffect(() => {
    if (!found.data || !first.current) return;
    first.current = false;
    if (empty) start();
  }, [found.data, empty]);

  // One that has ended stays until it is closed: what it showed last is there to be read.
  const ids = chosen && !known.includes(chosen) ? [...known, chosen] : known;
  const open = chosen ?? ids[0] ?? null;
  // What one looks at is chosen: it stays when its shell ends.
  useEffect(() => {
    if (open !== null) setChosen(open);
  }, [open]);
  const close = (id: string) => {
    setClosed([...closed, id]);
    if (open === id) setChosen(ids.find((other) => other !== id) ?? null);
    if (known.includes(id)) end.mutate({ ...input, terminalId: id });
  };
  const failed = (ids.length === 0 ? create.error : null) ?? (found.data ? null : found.error);
  if (failed)
    return (
      <div className="overflow-y-auto p-4">
        <FailurePanel
          error={failed}
          title="No terminal could be opened"
          onRetry={() => {
            if (found.data) start();
            else void found.refetch();
          }}
          busy={found.isFetching || create.isPending}
        />
      </div>
    );
  return (
    <Tabs.Root value={open ?? ""} onValueChange={setChosen} className="flex min-h-0 flex-1 flex-col">
      <div className="flex shrink-0 items-center border-b border-line px-2">
        <Tabs.List ref={list} aria-label="Terminals" className="flex min-w-0 items-center overflow-x-auto">
          {ids.map((id, place) => (
            <Tabs.Trigger
              key={id}
              value={id}
              className="h-8 shrink-0 rounded-md px-2 text-sm text-ink-soft hover:text-ink data-[state=active]:bg-sunken data-[state=active]:text-ink"
            >
              Terminal {place + 1}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
        {open === null ? null : (
          <IconButton label={`Close terminal ${ids.indexOf(open) + 1}`} onClick={() => close(open)}>
            <X aria-hidden className="size-3.5" />
          </IconButton>
        )}
        <IconButton label="New terminal" disabled={create.isPending} onClick={start}>
          <Plus aria-hidden className="size-4" />
        </IconButton>
      </div>
      {open === null ? (
        <div className="flex flex-col items-start gap-3 p-4">
          {found.isPending || create.isPending ? (
            <Bone className="h-4 w-2/3" />
          ) : (
            <>
              <p className="text-ink-soft">No terminal is open in this session.</p>
              <Button onClick={start}>New terminal</Button>
            </>
          )}
        </div>
      ) : (
        <Tabs.Content value={open} tabIndex={-1} className="flex min-h-0 flex-1 flex-col outline-none">
          <TerminalView
            key={open}
            sessionId={session.id}
            terminalId={open}
            reason={reason}
            label={`Terminal ${ids.indexOf(open) + 1}`}
            onLeave={() => list.current?.querySelector<HTMLElement>("[data-state=active]")?.focus()}
            onNew={start}
          />
        </Tabs.Content>
      )}
    </Tabs.Root>
  );
}
