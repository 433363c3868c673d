"use client";
import Link from "next/link";
import { memo, useDeferredValue } from "react";
import { cpuWords, memoryWords } from "../../format/quantity";
import type { Outputs } from "../../trpc/client";
import { RelativeTime } from "../data/relative-time";
import { Cell, Head, Table } from "../data/table";
import { TemplateIcon } from "../templates/template-icon";
import { SessionMenu } from "./session-menu";
import { SessionStatus } from "./session-status";

type Session = Outputs["sessions"]["list"]["sessions"][number];

interface SessionRowsProps {
  sessions: readonly Session[];
  label: string;
  /** Whose each is; for lists with more than one person's. */
  showOwner: boolean;
}

export function SessionRows({ sessions, label, showOwner }: SessionRowsProps) {
  // Drawn in slices between frames.
  const rows = useDeferredValue(sessions);
  return (
    <Table
      label={label}
      head={
        <>
          <Head>Name</Head>
          <Head wide className="w-36">
            State
          </Head>
          {showOwner ? (
            <Head wide className="w-32">
              Owner
            </Head>
          ) : null}
          <Head wide className="w-40">
            Agent
          </Head>
          <Head wide className="w-36">
            Resources
          </Head>
          <Head wide className="w-32">
            Created
          </Head>
          <Head className="w-14">
            <span className="sr-only">Actions</span>
          </Head>
        </>
      }
    >
      {rows.map((session) => (
        <SessionRow key={session.id} session={session} showOwner={showOwner} />
      ))}
    </Table>
  );
}

/** What did not change is not drawn again: a list is read anew several times a second while much happens. */
const SessionRow = memo(function SessionRow({ session, showOwner }: { session: Session; showOwner: boolean }) {
  return (
    <tr className="group relative transition-colors duration-150 hover:bg-sunken/60">
      <Cell>
        <div className="flex min-w-0 items-center gap-3">
          <TemplateIcon icon={session.icon} />
          <div className="min-w-0">
            <Link href={`/sessions/${session.id}`} title={session.name} className="block truncate font-medium after:absolute after:inset-0">
              {session.name}
            </Link>
            <div className="flex min-w-0 items-center gap-2 md:hidden">
              <SessionStatus session={session} />
              <span className="truncate text-sm text-ink-faint">{session.templateDisplayName}</span>
            </div>
            <p className="hidden truncate text-sm text-ink-faint md:block">
              {session.templateDisplayName}
              {session.tags.length > 0 ? ` · ${session.tags.join(", ")}` : ""}
            </p>
          </div>
        </div>
      </Cell>
      <Cell wide>
        <SessionStatus session={session} />
      </Cell>
      {showOwner ? (
        <Cell wide className="truncate">
          {session.user}
        </Cell>
      ) : null}
      <Cell wide className="truncate text-ink-soft">
        {session.agentId ?? "not placed"}
      </Cell>
      <Cell wide className="tabular truncate text-sm text-ink-soft">
        {memoryWords(session.resources.memory)} · {cpuWords(session.resources.cpu)}
      </Cell>
      <Cell wide className="text-sm text-ink-soft">
        <RelativeTime at={session.createdAt} />
      </Cell>
      <Cell className="px-2!">
        <div className="relative z-10 flex justify-end">
          <SessionMenu session={session} />
        </div>
      </Cell>
    </tr>
  );
});
