"use client";
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { readFailure } from "../../errors/read-failure";
import { counted } from "../../format/quantity";
import { type Outputs, useTRPC, useTRPCClient } from "../../trpc/client";
import { useToasts } from "../feedback/toasts";
import { type BulkAction, runAll } from "./bulk";
import { expectPhase } from "./expected-phase";

type Session = Outputs["sessions"]["list"]["sessions"][number];
const doneWords: Record<BulkAction, string> = { hibernate: "hibernated", wake: "woken", terminate: "terminated", delete: "deleted" };

/** Does one thing to many sessions. Each that failed has its reason until it is tried again; one toast says what came of all. */
export function useBulk(settledWell: (ids: readonly string[]) => void) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queryClient = useQueryClient();
  const toasts = useToasts();
  const [failures, setFailures] = useState<ReadonlyMap<string, string>>(new Map());
  const [busy, setBusy] = useState<{ action: BulkAction; left: number } | null>(null);

  const ask: Record<BulkAction, (id: string) => Promise<unknown>> = {
    hibernate: (id) => client.sessions.setState.mutate({ id, state: "hibernated" }),
    wake: (id) => client.sessions.setState.mutate({ id, state: "running" }),
    terminate: (id) => client.sessions.terminate.mutate({ id }),
    delete: (id) => client.sessions.delete.mutate({ id }),
  };
  const run = async (action: BulkAction, sessions: readonly Session[]) => {
    const ids = new Set(sessions.map(({ id }) => id));
    setBusy({ action, left: sessions.length });
    setFailures((before) => new Map([...before].filter(([id]) => !ids.has(id))));
    if (action !== "delete") expectPhase(queryClient, trpc, ids, action);
    const { done, failed } = await runAll(
      sessions,
      ({ id }) => ask[action](id),
      () => setBusy((before) => before && { ...before, left: before.left - 1 }),
    );
    setFailures((before) => new Map([...before, ...failed.map(({ item, error }) => [item.id, readFailure(error).message] as const)]));
    settledWell(done.map(({ id }) => id));
    setBusy(null);
    await Promise.all([
      queryClient.invalidateQueries(trpc.sessions.pathFilter()),
      queryClient.invalidateQueries(trpc.homes.list.pathFilter()),
    ]);
    const what = `${counted(done.length, "session")} ${doneWords[action]}`;
    if (failed.length === 0) toasts.done(what);
    else toasts.done(`${what}, ${failed.length} not`, "What failed is still selected; each row says why.");
  };
  const forget = useCallback(() => setFailures(new Map()), []);
  return { run, busy, failures, forget };
}
