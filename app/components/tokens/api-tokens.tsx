"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { KeySquare, Plus } from "lucide-react";
import { useState } from "react";
import { type Outputs, useTRPC } from "../../trpc/client";
import { Button } from "../controls/button";
import { Badge } from "../data/badge";
import { Panel } from "../data/panel";
import { RelativeTime } from "../data/relative-time";
import { EmptyState } from "../feedback/empty-state";
import { FailurePanel } from "../feedback/failure-panel";
import { RowBones } from "../feedback/skeleton";
import { useToasts } from "../feedback/toasts";
import { lazyInBrowser } from "../lazy-part";
import { scopeWords } from "./scope-words";

const ConfirmDialog = lazyInBrowser(() => import("../controls/confirm-dialog").then((module) => module.ConfirmDialog));
const CreateTokenDialog = lazyInBrowser(() => import("./create-token-dialog").then((module) => module.CreateTokenDialog));

type Token = Outputs["tokens"]["list"]["tokens"][number];

const overWords = { active: "", expired: "expired", revoked: "revoked", ended: "ended with its owner’s access" } as const;

/** One's own tokens, or those of `userId`. An administrator ends another person's, and makes none for them. */
export function ApiTokens({ userId, title, mayMake = true }: { userId?: string; title: string; mayMake?: boolean }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const toasts = useToasts();
  const [making, setMaking] = useState(false);
  const [ending, setEnding] = useState<Token | null>(null);
  const tokens = useQuery(trpc.tokens.list.queryOptions(userId ? { userId } : {}, { refetchInterval: 30_000 }));
  const revoke = useMutation(
    trpc.tokens.revoke.mutationOptions({
      onSuccess: () => toasts.done("The token was revoked", "Whatever used it is out."),
      onError: (error) => toasts.failed("The token could not be revoked", error),
      onSettled: () => queryClient.invalidateQueries(trpc.tokens.pathFilter()),
    }),
  );
  const make = mayMake ? (
    <Button look="primary" size="small" icon={<Plus aria-hidden className="size-4" />} onClick={() => setMaking(true)}>
      New token
    </Button>
  ) : null;
  const all = tokens.data?.tokens ?? [];
  return (
    <Panel title={title} action={all.length > 0 ? make : null}>
      {!tokens.data ? (
        tokens.isError ? (
          <FailurePanel
            error={tokens.error}
            title="The tokens could not be read"
            onRetry={() => void tokens.refetch()}
            busy={tokens.isFetching}
          />
        ) : (
          <RowBones rows={2} />
        )
      ) : all.length > 0 ? (
        <ul aria-label={title} className="divide-y divide-line rounded-lg border border-line bg-surface">
          {all.map((token) => (
            <TokenRow key={token.id} token={token} busy={revoke.isPending && revoke.variables.id === token.id} onRevoke={setEnding} />
          ))}
        </ul>
      ) : mayMake ? (
        <EmptyState icon={<KeySquare aria-hidden />} title="No API tokens" action={make}>
          A token lets a script, a pipeline or an agent of automation in without a password: by the API, the command line and the screens.
          Each has a scope, and ends when you say so.
        </EmptyState>
      ) : (
        <p className="text-ink-soft">None.</p>
      )}
      {making ? <CreateTokenDialog {...(userId ? { userId } : {})} onClose={() => setMaking(false)} /> : null}
      {ending ? (
        <ConfirmDialog
          open
          onClose={() => setEnding(null)}
          title={`Revoke ‘${ending.name}’?`}
          action="Revoke"
          onConfirm={() => {
            revoke.mutate({ id: ending.id });
            setEnding(null);
          }}
        >
          Whatever uses it is out at once, what it opened closes, and nothing brings it back. Sessions that it started go on.
        </ConfirmDialog>
      ) : null}
    </Panel>
  );
}

function TokenRow({ token, busy, onRevoke }: { token: Token; busy: boolean; onRevoke: (token: Token) => void }) {
  const { name, prefix, scope, state, createdAt, expiresAt, lastUsedAt, lastUsedAddress } = token;
  const over = state !== "active";
  return (
    <li className="flex items-center gap-3 px-4 py-2.5">
      <KeySquare aria-hidden className="size-4 shrink-0 text-ink-soft" />
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-x-2">
          <span className={`min-w-0 truncate font-medium ${over ? "text-ink-soft line-through" : ""}`} title={name}>
            {name}
          </span>
          <Badge title={scopeWords[scope].may}>{scopeWords[scope].name.toLowerCase()}</Badge>
          {over ? <Badge tone="warning">{overWords[state]}</Badge> : null}
          <span className="font-mono text-sm text-ink-faint">{prefix}…</span>
        </p>
        <p className="tabular text-sm text-ink-faint wrap-anywhere">
          used <RelativeTime at={lastUsedAt} />
          {lastUsedAddress ? ` from ${lastUsedAddress}` : ""} · made <RelativeTime at={createdAt} />
          {expiresAt === null ? " · never expires" : over ? "" : <ExpiresAt at={expiresAt} />}
        </p>
      </div>
      {over ? null : (
        <Button size="small" aria-label={`Revoke ${name}`} busy={busy} onClick={() => onRevoke(token)}>
          Revoke…
        </Button>
      )}
    </li>
  );
}

function ExpiresAt({ at }: { at: string }) {
  return (
    <>
      {" "}
      · expires <RelativeTime at={at} />
    </>
  );
}
