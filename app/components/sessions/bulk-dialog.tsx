"use client";
import { useState } from "react";
import { counted } from "../../format/quantity";
import { ConfirmDialog } from "../controls/confirm-dialog";
import type { BulkAction } from "./bulk";
import type { ListedSession } from "./session-rows";

interface BulkDialogProps {
  action: Exclude<BulkAction, "wake">;
  sessions: readonly ListedSession[];
  /** How many of them are other people's. */
  others: number;
  onClose: () => void;
  onConfirm: (sessions: readonly ListedSession[]) => void;
}

const verbs = { hibernate: "Hibernate", terminate: "Terminate", delete: "Delete" } as const;
const keepsHome = (session: ListedSession): boolean => session.persistentHome && session.homeId !== null;

/** How many, and what is lost with them. What is asked about stays as it was when it was asked, whatever the list does meanwhile. */
export function BulkDialog({ action, sessions: now, others: othersNow, onClose, onConfirm }: BulkDialogProps) {
  const [{ sessions, others }] = useState({ sessions: now, others: othersNow });
  const count = counted(sessions.length, "session");
  const homes = sessions.filter(keepsHome).length;
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      onConfirm={() => onConfirm(sessions)}
      title={`${verbs[action]} ${count}?`}
      action={`${verbs[action]} ${count}`}
      typedName={action === "delete" && homes > 0 ? `delete ${count}` : undefined}
    >
      <div className="flex flex-col gap-2">
        <p>{lossOf(action, sessions, homes)}</p>
        {others > 0 ? (
          <p className="font-medium text-ink">
            {others === sessions.length ? "All" : others} of them {others === 1 ? "belongs" : "belong"} to other people.
          </p>
        ) : null}
        <ul className="max-h-32 overflow-y-auto text-sm">
          {sessions.map((session) => (
            <li key={session.id} className="truncate">
              {session.name}
              {others > 0 ? <span className="text-ink-faint"> · {session.user}</span> : null}
            </li>
          ))}
        </ul>
      </div>
    </ConfirmDialog>
  );
}

function lossOf(action: BulkDialogProps["action"], sessions: readonly ListedSession[], homes: number): string {
  const without = sessions.length - homes;
  if (action === "delete") {
    return homes === 0
      ? "The sessions and their timelines go from the list. None of them has a home, so no files are lost."
      : `The sessions go from the list, and ${counted(homes, "home")} with every file in ${homes === 1 ? "it is" : "them are"} deleted. This can’t be undone.`;
  }
  if (action === "terminate") {
    const kept = homes > 0 ? ` ${counted(homes, "home")} ${homes === 1 ? "is" : "are"} kept.` : "";
    const lost =
      without > 0 ? ` ${counted(without, "session")} ${without === 1 ? "has" : "have"} no persistent home: all files are lost.` : "";
    return `Everything that runs in them ends, and what was not saved is lost.${kept}${lost}`;
  }
  const stopped = sessions.filter((session) => session.hibernateMode === "stop").length;
  if (stopped === 0) return "Their processes are frozen in memory and go on when they are woken.";
  const lost = without > 0 ? ` ${counted(without, "session")} ${without === 1 ? "has" : "have"} no home: the files are lost too.` : "";
  return `In ${counted(stopped, "session")} all processes end: what was not saved is lost.${lost}`;
}
