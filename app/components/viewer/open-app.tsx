"use client";
import { useMutation } from "@tanstack/react-query";
import { ExternalLink } from "lucide-react";
import { useState } from "react";
import { useTRPC } from "../../trpc/client";
import { Button } from "../controls/button";
import { FailurePanel } from "../feedback/failure-panel";
import { Notice } from "../feedback/notice";

interface OpenAppProps {
  sessionId: string;
  name: string;
  reason: string | undefined;
}

/** A web app opens in a tab of its own: in a frame the browser would keep its cookies from it. */
export function OpenApp({ sessionId, name, reason }: OpenAppProps) {
  const trpc = useTRPC();
  const [blocked, setBlocked] = useState(false);
  const open = useMutation(trpc.sessions.openViewer.mutationOptions());

  const onOpen = () => {
    // In the click itself: a tab opened after the answer would count as a pop-up.
    const tab = window.open("about:blank", "_blank");
    setBlocked(tab === null);
    if (!tab) return;
    tab.opener = null;
    open.mutate(
      { id: sessionId, reason },
      {
        onSuccess: ({ url }) => {
          tab.location.href = url;
        },
        onError: () => tab.close(),
      },
    );
  };
  return (
    <div className="flex flex-col gap-3">
      <div>
        <Button
          look="primary"
          onClick={onOpen}
          busy={open.isPending}
          icon={<ExternalLink aria-hidden className="size-4" />}
          aria-label={`Open app ${name}`}
        >
          Open app
        </Button>
      </div>
      {blocked ? (
        <Notice tone="warning">The browser kept the new tab from opening. Allow pop-ups for this site and press again.</Notice>
      ) : null}
      {open.isError ? <FailurePanel error={open.error} title="The app could not be opened" onRetry={onOpen} /> : null}
    </div>
  );
}
