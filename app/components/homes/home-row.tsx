"use client";
import { Play, Trash2 } from "lucide-react";
import Link from "next/link";
import { counted, formatBytes } from "../../format/quantity";
import type { Outputs } from "../../trpc/client";
import { ButtonLink, IconButton } from "../controls/button";
import { RelativeTime } from "../data/relative-time";
import { Cell } from "../data/table";
import { isAdmin, useCurrentUser } from "../shell/user-context";

export type Home = Outputs["homes"]["list"]["homes"][number];

const linkClass = "rounded hover:text-ink hover:underline";

export function HomeRow({ home, onDelete }: { home: Home; onDelete: (home: Home) => void }) {
  const user = useCurrentUser();
  const own = home.user === user.username;
  const free = home.usedBy === null && !home.deleting;
  const again = new URLSearchParams({ ...(home.lastSession ? { template: home.lastSession.template } : {}), home: home.id });
  return (
    <tr>
      <Cell>
        <p className="truncate font-medium" title={home.name}>
          {home.name}
        </p>
        <p className="truncate text-sm text-ink-faint">
          {isAdmin(user) && !own ? `${home.user} · ` : ""}
          <HomeUse home={home} />
        </p>
        <p className="tabular truncate text-sm text-ink-faint md:hidden">
          {home.sizeBytes === null ? "" : `${formatBytes(home.sizeBytes)} · `}
          {home.agentId} · <RelativeTime at={home.lastUsedAt} />
        </p>
      </Cell>
      <Cell wide className="truncate text-ink-soft">
        {home.agentId}
      </Cell>
      <Cell wide className="tabular text-sm text-ink-soft">
        {home.sizeBytes === null ? (
          <span title="Its agent counts sizes rarely, and has not counted this one yet">unknown</span>
        ) : (
          <span title={home.sizeMeasuredAt ? "As its agent counted it last" : undefined}>{formatBytes(home.sizeBytes)}</span>
        )}
      </Cell>
      <Cell wide className="text-sm text-ink-soft">
        <RelativeTime at={home.lastUsedAt} />
      </Cell>
      <Cell className="px-2!">
        <div className="flex items-center justify-end gap-1">
          {own && free ? (
            <ButtonLink
              size="small"
              href={`/sessions/new?${again}`}
              icon={<Play aria-hidden className="size-3.5" />}
              aria-label={`Start with it: a session with home ${home.name}`}
            >
              <span className="hidden sm:inline">Start with it</span>
            </ButtonLink>
          ) : null}
          <IconButton
            label={`Delete home ${home.name}`}
            disabled={!free}
            title={home.usedBy ? `Used by ${home.usedBy.name}` : undefined}
            onClick={() => onDelete(home)}
          >
            <Trash2 aria-hidden className="size-4" />
          </IconButton>
        </div>
      </Cell>
    </tr>
  );
}

/** Who has it, or had it last. */
function HomeUse({ home }: { home: Home }) {
  if (home.deleting) return "being deleted";
  if (home.usedBy) {
    return (
      <>
        used by{" "}
        <Link href={`/sessions/${home.usedBy.id}`} className={linkClass}>
          {home.usedBy.name}
        </Link>
      </>
    );
  }
  if (!home.lastSession) return "free";
  return (
    <>
      free, last of{" "}
      <Link href={`/sessions/${home.lastSession.id}`} className={linkClass}>
        {home.lastSession.name}
      </Link>{" "}
      ({home.lastSession.templateDisplayName}
      {home.sessions > 1 ? `, ${counted(home.sessions, "session")} in all` : ""})
    </>
  );
}
