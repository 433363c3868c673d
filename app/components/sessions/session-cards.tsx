"use client";
import { memo, useDeferredValue } from "react";
import { RelativeTime } from "../data/relative-time";
import { RowLink } from "../data/row-link";
import { SessionMenu } from "./session-menu";
import { type ListedSession, type RowChoice, RowFailure, SelectBox } from "./session-rows";
import { SessionStatus } from "./session-status";
import { SessionThumbnail } from "./session-thumbnail";

interface SessionCardsProps {
  sessions: readonly ListedSession[];
  label: string;
  showOwner: boolean;
  choice: RowChoice;
}

/** The same list by its pictures. */
export function SessionCards({ sessions, label, showOwner, choice }: SessionCardsProps) {
  const cards = useDeferredValue(sessions);
  return (
    <ul aria-label={label} className="grid grid-cols-1 gap-3 sm:grid-cols-2 lg:grid-cols-3">
      {cards.map((session) => (
        <SessionCard
          key={session.id}
          session={session}
          showOwner={showOwner}
          toggle={choice.toggle}
          selected={choice.selected.has(session.id)}
          failure={choice.failures.get(session.id)}
        />
      ))}
    </ul>
  );
}

interface SessionCardProps {
  session: ListedSession;
  showOwner: boolean;
  toggle: RowChoice["toggle"];
  selected: boolean;
  failure: string | undefined;
}

const SessionCard = memo(function SessionCard({ session, showOwner, toggle, selected, failure }: SessionCardProps) {
  return (
    <li
      data-row={session.id}
      className={`relative flex min-w-0 flex-col overflow-hidden rounded-lg border bg-surface transition-colors duration-150 hover:border-line-strong/60 ${selected ? "border-accent" : "border-line"}`}
    >
      <SessionThumbnail session={session} className="aspect-16/10 w-full rounded-none border-0 border-b [&>svg]:size-8" />
      <span className="absolute top-2.5 left-2.5 rounded bg-surface/90 p-1">
        <SelectBox session={session} selected={selected} toggle={toggle} />
      </span>
      <div className="flex items-start gap-2 p-3">
        <div className="min-w-0 flex-1">
          <RowLink href={`/sessions/${session.id}`} className="after:rounded-lg">
            {session.name}
          </RowLink>
          <div className="flex min-w-0 flex-wrap items-center gap-x-2 text-sm text-ink-faint">
            <SessionStatus session={session} />
            <span className="min-w-0 truncate">
              {showOwner ? session.user : session.templateDisplayName} · <RelativeTime at={session.createdAt} />
            </span>
          </div>
          <RowFailure failure={failure} />
        </div>
        <div className="relative z-10 -mt-1 -mr-1">
          <SessionMenu session={session} />
        </div>
      </div>
    </li>
  );
});
