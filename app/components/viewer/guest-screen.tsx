"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Hand } from "lucide-react";
import { useCallback, useRef, useState } from "react";
import { useTRPC, useTRPCClient } from "../../trpc/client";
import { Button } from "../controls/button";
import { NowProvider } from "../data/now";
import { Desktop, type DesktopHandle } from "./desktop";
import { DesktopTools } from "./desktop-tools";
import { type GuestIdentity, keepIdentity } from "./guest-identity";
import { Initials } from "./initials";
import { ScreenBar } from "./screen-bar";
import { TouchBar } from "./touch-bar";
import { useFullScreen } from "./use-full-screen";
import { useViewerSettings } from "./viewer-settings";

/** Guests hear no live events: they ask this often who is here. */
const ASK_EVERY_MS = 2_000;
const closed = { clipboardIn: false, clipboardOut: false };

/** The screen that a link leads to, and nothing else. Who the guest is lives as long as their tab. */
export function GuestScreen({ token, identity }: { token: string; identity: GuestIdentity }) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const { name } = identity;
  const known = useRef(identity.guestKey);
  const [guestKey, setGuestKey] = useState<string>();
  const [openedAt] = useState(() => Date.now());
  const [desktop, setDesktop] = useState<DesktopHandle>({ connection: null, clipboard: "" });
  const [settings] = useViewerSettings();
  const { active: fullScreen } = useFullScreen();
  const bar = useRef<HTMLDivElement>(null);
  const open = useCallback(async () => {
    const entered = await client.shares.enter.mutate({ token, name, guestKey: known.current ?? undefined });
    known.current = entered.guestKey;
    keepIdentity(token, { name, guestKey: entered.guestKey });
    setGuestKey(entered.guestKey);
    return { url: entered.url, mode: entered.mode };
  }, [client, token, name]);
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
  const controls = data?.controls ?? false;
  return (
    <NowProvider serverNow={openedAt}>
      <main className="relative flex h-dvh flex-col">
        <h1 className="sr-only">Shared screen</h1>
        <ScreenBar floats={fullScreen} hidden={false}>
          <div ref={bar} className="flex min-h-11 flex-wrap items-center gap-2 px-3 py-1">
            <span className="flex items-center -space-x-1">
              {data?.viewers.map((viewer, at) => (
                <Initials
                  // biome-ignore lint/suspicious/noArrayIndexKey: two guests may have one name
                  key={at}
                  name={viewer.name}
                  controls={viewer.controls}
                  title={viewer.you ? `${viewer.name} (you)` : viewer.name}
                />
              ))}
            </span>
            <output className="min-w-0 flex-1 text-sm text-ink-soft wrap-anywhere">
              {controls ? "You have control" : leader ? `${leader.name} has control` : "You are watching"}
            </output>
            {data?.mode === "control" ? (
              <Button
                size="small"
                icon={<Hand aria-hidden className="size-3.5" />}
                busy={control.isPending}
                onClick={() => act(controls || data.requested ? "release" : "request")}
              >
                {controls ? "Give up control" : data.requested ? "Don’t ask any more" : "Ask for control"}
              </Button>
            ) : null}
            <div role="toolbar" aria-label="Screen" className="flex flex-wrap items-center">
              <DesktopTools {...desktop} name="shared-screen" mode={controls ? "control" : "view"} policy={data?.policy ?? closed} />
            </div>
          </div>
        </ScreenBar>
        <Desktop
          sessionId="shared"
          name="Shared screen"
          mode="view"
          reason={undefined}
          settings={settings}
          leads={controls}
          beforeFirstFrame={null}
          curtain={null}
          open={open}
          onLeave={() => bar.current?.querySelector("button")?.focus()}
          onHandle={setDesktop}
        />
        {desktop.connection && controls ? <TouchBar rfb={desktop.connection.rfb} pans={settings.scaling === "actual"} /> : null}
      </main>
    </NowProvider>
  );
}
