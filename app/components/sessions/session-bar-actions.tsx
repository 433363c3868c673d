"use client";
import { MoonStar, Power, PowerOff, Sun, Trash2 } from "lucide-react";
import { useRouter } from "next/navigation";
import { useState } from "react";
import type { Outputs } from "../../trpc/client";
import { BusyMark, IconButton } from "../controls/button";
import { lazyInBrowser } from "../lazy-part";
import type { EndDialog } from "./end-dialogs";
import type { SessionActions } from "./use-session-actions";

const EndDialogs = lazyInBrowser(() => import("./end-dialogs").then((module) => module.EndDialogs));

/** What the person may do to this session now, as the server said. */
export function SessionBarActions({ session, actions }: { session: Outputs["sessions"]["get"]; actions: SessionActions }) {
  const router = useRouter();
  const [dialog, setDialog] = useState<EndDialog>(null);
  const { may } = session;
  const ended = session.state === "terminated";
  return (
    <>
      {may.hibernate ? (
        <IconButton label="Hibernate" disabled={actions.asked !== null} onClick={actions.hibernate}>
          {actions.asked === "hibernated" ? <BusyMark /> : <MoonStar aria-hidden className="size-4" />}
        </IconButton>
      ) : null}
      {may.wake ? (
        <IconButton label="Wake" disabled={actions.asked !== null} onClick={actions.wake}>
          {actions.asked === "running" ? <BusyMark /> : <Sun aria-hidden className="size-4" />}
        </IconButton>
      ) : null}
      {may.terminate && !ended ? (
        <IconButton label="Terminate" disabled={actions.asked !== null} onClick={() => setDialog("terminate")}>
          <Power aria-hidden className="size-4" />
        </IconButton>
      ) : null}
      {may.forceTerminate && (session.state === "terminating" || session.status.phase === "Unreachable") ? (
        <IconButton label="Terminate by force" onClick={() => setDialog("force")}>
          <PowerOff aria-hidden className="size-4" />
        </IconButton>
      ) : null}
      {may.delete && ended ? (
        <IconButton label="Delete" onClick={() => setDialog("remove")}>
          <Trash2 aria-hidden className="size-4" />
        </IconButton>
      ) : null}
      {dialog ? (
        <EndDialogs
          session={session}
          actions={actions}
          open={dialog}
          onClose={() => setDialog(null)}
          onRemoved={() => router.push("/sessions")}
        />
      ) : null}
    </>
  );
}
