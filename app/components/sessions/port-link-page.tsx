"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { ExternalLink } from "lucide-react";
import { useTRPC } from "../../trpc/client";
import { Button } from "../controls/button";
import { RelativeTime } from "../data/relative-time";
import { FailurePanel } from "../feedback/failure-panel";
import { Bone } from "../feedback/skeleton";

/** Where a link to a port leads whoever is signed in: they see what it is, and go there by a press of their own. */
export function PortLinkPage({ token }: { token: string }) {
  const trpc = useTRPC();
  const link = useQuery(trpc.ports.lookAtLink.queryOptions({ token }, { retry: false }));
  const enter = useMutation(trpc.ports.enterByLink.mutationOptions({ onSuccess: ({ url }) => window.location.assign(url) }));
  const failed = enter.error ?? link.error;
  return (
    <div className="mx-auto flex w-full max-w-lg flex-col gap-4 px-4 py-10">
      {link.data ? null : <h1 className="sr-only">Shared port</h1>}
      {failed ? (
        <FailurePanel
          error={failed}
          title="This link can't be opened"
          onRetry={() => (link.data ? enter.mutate({ token }) : void link.refetch())}
          busy={link.isFetching || enter.isPending}
        />
      ) : null}
      {link.data ? (
        <>
          <h1 className="text-xl font-semibold wrap-anywhere">{link.data.label || `Port ${link.data.port}`}</h1>
          <p className="text-ink-soft wrap-anywhere">
            {link.data.owner} shares port {link.data.port} of their session {link.data.session} with you. The link ends{" "}
            <RelativeTime at={link.data.expiresAt} />. {link.data.owner} sees that you opened it.
          </p>
          <div>
            <Button
              look="primary"
              busy={enter.isPending || enter.isSuccess}
              onClick={() => enter.mutate({ token })}
              icon={<ExternalLink aria-hidden className="size-4" />}
            >
              Open
            </Button>
          </div>
        </>
      ) : failed ? null : (
        <>
          <Bone className="h-7 w-1/2" />
          <Bone className="h-4 w-full" />
        </>
      )}
    </div>
  );
}
