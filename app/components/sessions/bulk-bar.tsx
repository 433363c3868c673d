"use client";
import { MoonStar, Power, Sun, Trash2, X } from "lucide-react";
import { useState } from "react";
import { counted } from "../../format/quantity";
import { Button, IconButton } from "../controls/button";
import { lazyInBrowser } from "../lazy-part";
import { isOperator, useCurrentUser } from "../shell/user-context";
import { type BulkAction, bulkActions, isEligible } from "./bulk";
import type { ListedSession } from "./session-rows";

const BulkDialog = lazyInBrowser(() => import("./bulk-dialog").then((module) => module.BulkDialog));

const looks = {
  hibernate: { word: "Hibernate", busy: "Hibernating", icon: MoonStar },
  wake: { word: "Wake", busy: "Waking", icon: Sun },
  terminate: { word: "Terminate", busy: "Terminating", icon: Power },
  delete: { word: "Delete", busy: "Deleting", icon: Trash2 },
} as const;

interface BulkBarProps {
  chosen: readonly ListedSession[];
  busy: { readonly action: BulkAction; readonly left: number } | null;
  onRun: (action: BulkAction, sessions: readonly ListedSession[]) => void;
  onClear: () => void;
}

/** What can be done to all that are chosen: each button says to how many of them. */
export function BulkBar({ chosen, busy, onRun, onClear }: BulkBarProps) {
  const user = useCurrentUser();
  const person = { username: user.username, staff: isOperator(user) };
  const [asking, setAsking] = useState<BulkAction | null>(null);
  const able = (action: BulkAction) => chosen.filter((session) => isEligible(action, session, person));
  const offered = bulkActions.map((action) => ({ action, sessions: able(action) })).filter(({ sessions }) => sessions.length > 0);
  return (
    <>
      <div
        role="toolbar"
        aria-label="Actions for the selected sessions"
        className="sticky bottom-16 z-20 mx-auto flex w-fit max-w-full animate-appear flex-wrap items-center gap-2 rounded-xl border border-line bg-raised p-2 shadow-lg shadow-black/10 md:bottom-4"
      >
        <IconButton label="Clear the selection" onClick={onClear} disabled={busy !== null}>
          <X aria-hidden className="size-4" />
        </IconButton>
        <span className="tabular mr-1 text-sm font-medium whitespace-nowrap" role="status">
          {busy ? `${looks[busy.action].busy}, ${busy.left} left` : `${chosen.length} selected`}
        </span>
        {offered.map(({ action, sessions }) => {
          const { word, icon: Icon } = looks[action];
          const some = sessions.length < chosen.length;
          return (
            <Button
              key={action}
              size="small"
              className="h-8"
              disabled={busy !== null}
              icon={<Icon aria-hidden className="size-3.5" />}
              onClick={() => (action === "wake" ? onRun(action, sessions) : setAsking(action))}
              aria-label={`${word} ${counted(sessions.length, "session")}`}
            >
              {word}
              {some ? ` ${sessions.length}` : ""}
              {action === "wake" ? "" : "…"}
            </Button>
          );
        })}
        {offered.length === 0 && !busy ? <span className="text-sm text-ink-faint">Nothing can be done to these now.</span> : null}
      </div>
      {asking && asking !== "wake" ? (
        <BulkDialog
          action={asking}
          sessions={able(asking)}
          others={person.staff ? able(asking).filter((session) => session.user !== user.username).length : 0}
          onClose={() => setAsking(null)}
          onConfirm={(sessions) => {
            setAsking(null);
            onRun(asking, sessions);
          }}
        />
      ) : null}
    </>
  );
}
