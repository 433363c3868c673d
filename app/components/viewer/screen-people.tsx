"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Hand, MousePointer2, Share2 } from "lucide-react";
import { useState } from "react";
import { type Outputs, useTRPC } from "../../trpc/client";
import { Button, IconButton } from "../controls/button";
import { Menu } from "../controls/menu";
import { MenuItem, MenuLabel } from "../controls/menu-items";
import { PressButton } from "../controls/press-button";
import { useToasts } from "../feedback/toasts";
import { lazyInBrowser } from "../lazy-part";
import { Initials } from "./initials";

const ShareDialog = lazyInBrowser(() => import("./share-dialog").then((module) => module.ShareDialog));

type Viewer = Outputs["sessions"]["viewers"]["viewers"][number];

interface ScreenPeopleProps {
  sessionId: string;
  canShare: boolean;
  shows: "screen" | "app";
}

const kinds = { owner: "owner", admin: "administrator", invited: "invited", guest: "guest by a link" } as const;
const titleOf = (viewer: Viewer): string =>
  `${viewer.you ? "You" : viewer.name} (${kinds[viewer.kind]})${viewer.controls ? ", in control" : viewer.requested ? ", asks for control" : ""}`;

/** Who is here, who has control, and how it changes hands. What is done takes effect in the agent; this only shows and asks. */
export function ScreenPeople({ sessionId, canShare, shows }: ScreenPeopleProps) {
  const trpc = useTRPC();
  const toasts = useToasts();
  const [sharing, setSharing] = useState(false);
  // Live events say when it changes; the slow asking is for one that got lost.
  const { data } = useQuery({ ...trpc.sessions.viewers.queryOptions({ id: sessionId }), refetchInterval: 30_000 });
  const control = useMutation(
    trpc.sessions.control.mutationOptions({ onError: (error) => toasts.failed("Control could not change hands", error) }),
  );
  const viewers = data?.viewers ?? [];
  const may = data?.may;
  const act = (action: "request" | "give" | "take" | "release", to?: string) => control.mutate({ id: sessionId, action, to });
  const asking = viewers.filter((viewer) => viewer.requested && !viewer.you);
  return (
    <>
      {viewers.some((viewer) => !viewer.you) ? (
        <Menu
          trigger={
            <PressButton aria-label="Who is here" className="flex items-center -space-x-1 rounded-md px-1 py-1 hover:bg-hover">
              {viewers.slice(0, 4).map((viewer) => (
                <Initials key={viewer.key} name={viewer.name} controls={viewer.controls} title={titleOf(viewer)} />
              ))}
              {viewers.length > 4 ? <span className="tabular pl-2 text-xs text-ink-soft">+{viewers.length - 4}</span> : null}
            </PressButton>
          }
        >
          <MenuLabel>Here now</MenuLabel>
          {viewers.map((viewer) => (
            <MenuItem
              key={viewer.key}
              disabled={!may?.give || viewer.controls || viewer.you || viewer.right !== "control"}
              onSelect={() => act("give", viewer.key)}
            >
              {titleOf(viewer)}
              {may?.give && !viewer.controls && !viewer.you && viewer.right === "control" ? ": give control" : ""}
            </MenuItem>
          ))}
        </Menu>
      ) : null}
      {asking[0] && may?.give ? (
        <Button size="small" look="primary" icon={<Hand aria-hidden className="size-3.5" />} onClick={() => act("give", asking[0]?.key)}>
          Give control to {asking[0].name}
        </Button>
      ) : null}
      {viewers.length > 1 && may?.take ? (
        <Button size="small" icon={<MousePointer2 aria-hidden className="size-3.5" />} onClick={() => act("take")}>
          Take control
        </Button>
      ) : null}
      {may?.request ? (
        <Button size="small" icon={<Hand aria-hidden className="size-3.5" />} onClick={() => act("request")}>
          Ask for control
        </Button>
      ) : null}
      {viewers.length > 1 && may?.release ? (
        <Button size="small" look="quiet" onClick={() => act("release")}>
          {viewers.some((viewer) => viewer.you && viewer.controls) ? "Give up control" : "Don’t ask any more"}
        </Button>
      ) : null}
      {canShare ? (
        <IconButton label={`Share this ${shows}`} onClick={() => setSharing(true)}>
          <Share2 aria-hidden className="size-4" />
        </IconButton>
      ) : null}
      {sharing ? <ShareDialog sessionId={sessionId} shows={shows} onClose={() => setSharing(false)} /> : null}
    </>
  );
}
