"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Code, Globe, LogOut } from "lucide-react";
import { useState } from "react";
import { signOut } from "../../account/auth-requests";
import { goToSignIn } from "../../account/go-to-sign-in";
import { userAgentWords } from "../../format/user-agent";
import { useTRPC } from "../../trpc/client";
import { Button } from "../controls/button";
import { Badge } from "../data/badge";
import { RelativeTime } from "../data/relative-time";
import { FailurePanel } from "../feedback/failure-panel";
import { RowBones } from "../feedback/skeleton";
import { useToasts } from "../feedback/toasts";
import { lazyInBrowser } from "../lazy-part";

const ConfirmDialog = lazyInBrowser(() => import("../controls/confirm-dialog").then((module) => module.ConfirmDialog));

/** Where one is signed in. */
export function Logins() {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const toasts = useToasts();
  const [asking, setAsking] = useState(false);
  const logins = useQuery(trpc.account.logins.queryOptions(undefined, { refetchInterval: 30_000 }));
  const end = useMutation(
    trpc.account.endLogin.mutationOptions({
      onError: (error) => toasts.failed("The login could not be ended", error),
      onSettled: () => queryClient.invalidateQueries(trpc.account.logins.pathFilter()),
    }),
  );
  const endAll = useMutation(
    trpc.account.signOutEverywhere.mutationOptions({
      onSuccess: () => goToSignIn(),
      onError: (error) => {
        setAsking(false);
        toasts.failed("Your logins could not be ended", error);
      },
    }),
  );
  if (!logins.data) {
    if (logins.isError) {
      return (
        <FailurePanel
          error={logins.error}
          title="Your logins could not be read"
          onRetry={() => void logins.refetch()}
          busy={logins.isFetching}
        />
      );
    }
    return <RowBones rows={2} />;
  }
  const all = logins.data.logins;
  return (
    <div className="flex flex-col gap-3">
      {all.length > 0 ? (
        <ul aria-label="Your logins" className="divide-y divide-line rounded-lg border border-line bg-surface">
          {all.map((login) => {
            const name = userAgentWords(login.userAgent);
            const Mark = login.via === "bearer" ? Code : Globe;
            return (
              <li key={login.id} className="flex items-center gap-3 px-4 py-2.5">
                <Mark aria-hidden className="size-4 shrink-0 text-ink-soft" />
                <div className="min-w-0 flex-1">
                  <p className="flex flex-wrap items-center gap-x-2">
                    <span className="min-w-0 truncate font-medium" title={login.userAgent ?? undefined}>
                      {name}
                    </span>
                    {login.current ? <Badge>this one</Badge> : null}
                    {login.via === "bearer" ? <Badge title="A script or program that signed in by the API">token</Badge> : null}
                  </p>
                  <p className="tabular text-sm text-ink-faint wrap-anywhere">
                    {login.address} · seen <RelativeTime at={login.lastSeenAt} /> · signed in <RelativeTime at={login.createdAt} />
                  </p>
                </div>
                <Button
                  size="small"
                  aria-label={login.current ? "Sign out here" : `End ${name} from ${login.address}`}
                  busy={end.isPending && end.variables.id === login.id}
                  onClick={() => (login.current ? void signOut() : end.mutate({ id: login.id }))}
                >
                  {login.current ? "Sign out" : "End"}
                </Button>
              </li>
            );
          })}
        </ul>
      ) : (
        <p className="text-ink-soft">This login began before Berth wrote them down; the next one is listed here.</p>
      )}
      <div>
        <Button icon={<LogOut aria-hidden className="size-4" />} onClick={() => setAsking(true)}>
          Sign out everywhere…
        </Button>
      </div>
      {asking ? (
        <ConfirmDialog
          open
          onClose={() => setAsking(false)}
          title="Sign out everywhere?"
          action="Sign out everywhere"
          busy={endAll.isPending}
          onConfirm={() => endAll.mutate()}
        >
          Every browser is signed out at once, this one too, your API tokens end for good, and open screens close. Sessions go on running.
        </ConfirmDialog>
      ) : null}
    </div>
  );
}
