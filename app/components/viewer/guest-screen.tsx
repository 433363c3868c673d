"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Hand } from "lucide-react";
import { useCallback, useState } from "react";
import { useTRPC, useTRPCClient } from "../../trpc/client";
import { Button } from "../controls/button";
import { NowProvider } from "../data/now";
import { Desktop } from "./desktop";
import { Initials } from "./initials";

/** Guests hear no live events: they ask this often who is here. */
const ASK_EVERY_MS = 2_000;
const ignore = () => {};

/** The screen that a link leads to, and nothing else. Its key lives in this page and goes with it. */
export function GuestScreen({ token, name }: { token: string; name: string }) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const [guestKey, setGuestKey] = useState<string>();
  const [known] = useState<{ key?: string }>({});
  const [openedAt] = useState(() => Date.now());
  const open = useCallback(async () => {
    const entered = await client.shares.enter.mutate({ token, name, guestKey: known.key });
    known.key = entered.guestKey;
    setGuestKey(entered.guestKey);
    return { url: entered.url, mode: entered.mode };
  }, [client, token, name, known]);
  const { data } = useQuery({
    queryKey: ["guest", guestKey],
    queryFn: () => client.shares.guest.mutate({ token, guestKey: guestKey ?? "" }),
    enabled: guestKey !== undefined,
    refetchInterval: ASK_EVERY_MS,
    retry: false,
  });
  const control = useMutation(trpc.shares.guestControl.mutationOptions());
  const act = (action: "request" | "release") => guestKey && control.mutate({ token, guestKey, action });
  const leader = data?.viewers.find((viewer) => viewer.controls);
  return (
    <NowProvider serverNow={openedAt}>
      <main className="flex h-dvh flex-col">
        <h1 className="sr-only">Shared screen</h1>
        <div className="flex min-h-11 flex-wrap items-center gap-2 border-b border-line bg-surface px-3 py-1">
          <span className="flex items-center -space-x-1">
            {data?.viewers.map((viewer, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: two guests may have one name
              <Initials key={at} name={viewer.name} controls={viewer.controls} title={viewer.you ? `${viewer.name} (you)` : viewer.name} />
            ))}
          </span>
          <output className="min-w-0 flex-1 text-sm text-ink-soft wrap-anywhere">
            {data?.controls ? "You have control" : leader ? `${leader.name} has control` : "You are watching"}
          </output>
          {data?.mode === "control" ? (
            <Button
              size="small"
              icon={<Hand aria-hidden className="size-3.5" />}
              busy={control.isPending}
              onClick={() => act(data.controls || data.requested ? "release" : "request")}
            >
              {data.controls ? "Give up control" : data.requested ? "Don’t ask any more" : "Ask for control"}
            </Button>
          ) : null}
        </div>
        <Desktop
          sessionId="shared"
          name="Shared screen"
          mode="view"
          reason={undefined}
          scaling="fit"
          beforeFirstFrame={null}
          curtain={null}
          open={open}
          onLeave={ignore}
          onHandle={ignore}
        />
      </main>
    </NowProvider>
  );
}
