"use client";
import { memo, useDeferredValue } from "react";
import { cpuWords, memoryWords } from "../../format/quantity";
import type { Outputs } from "../../trpc/client";
import { RelativeTime } from "../data/relative-time";
import { RowLink } from "../data/row-link";
import { SortHead, type Sorting } from "../data/sort-head";
import { Cell, Head, Table } from "../data/table";
import { columnWords, type SessionColumn, usualColumns } from "./session-columns";
import type { SortKey } from "./session-filters";
import { SessionMenu } from "./session-menu";
import { SessionStatus } from "./session-status";
import { SessionThumbnail } from "./session-thumbnail";

export type ListedSession = Outputs["sessions"]["list"]["sessions"][number];

/** Choosing rows, in lists that offer it. */
export interface RowChoice {
  readonly selected: ReadonlySet<string>;
  readonly toggle: (id: string, range: boolean) => void;
  readonly clear: () => void;
  readonly all: () => void;
  /** Why the last thing asked of a session failed, by id. */
  readonly failures: ReadonlyMap<string, string>;
}

interface SessionRowsProps {
  sessions: readonly ListedSession[];
  label: string;
  /** Whose each is; for lists with more than one person's. */
  showOwner: boolean;
  /** Default: those that such a list has usually. */
  columns?: readonly SessionColumn[];
  choice?: RowChoice;
  sorting?: Sorting<SortKey>;
}

const sortOf: Readonly<Partial<Record<SessionColumn, SortKey>>> = { owner: "user", createdAt: "createdAt", updatedAt: "updatedAt" };
const widthOf: Readonly<Record<SessionColumn, string>> = {
  owner: "w-32",
  agent: "w-36",
  resources: "w-36",
  createdAt: "w-32",
  updatedAt: "w-32",
  lastActivity: "w-32",
};
/** With so many columns the name would have no room left: the table is as wide as this and scrolls in its frame. */
const floors = ["", "", "", "", "md:min-w-[62rem]", "md:min-w-[71rem]", "md:min-w-[80rem]"];

export function SessionRows({ sessions, label, showOwner, columns = usualColumns(showOwner), choice, sorting }: SessionRowsProps) {
  // Drawn in slices between frames.
  const rows = useDeferredValue(sessions);
  const every = choice !== undefined && sessions.length > 0 && sessions.every(({ id }) => choice.selected.has(id));
  return (
    <Table
      label={label}
      className={floors[columns.length]}
      head={
        <>
          {choice ? (
            <Head className="w-10 pr-0! md:w-11">
              <input
                type="checkbox"
                aria-label="Select all on this page"
                checked={every}
                ref={(box) => {
                  if (box) box.indeterminate = !every && choice.selected.size > 0;
                }}
                onChange={every ? choice.clear : choice.all}
                className="block size-4 accent-(--accent)"
              />
            </Head>
          ) : null}
          <SortHead by="name" sorting={sorting}>
            Name
          </SortHead>
          <SortHead by="state" sorting={sorting} wide className="w-36">
            State
          </SortHead>
          {columns.map((column) => {
            const by = sortOf[column];
            return by ? (
              <SortHead key={column} by={by} sorting={sorting} wide className={widthOf[column]}>
                {columnWords[column]}
              </SortHead>
            ) : (
              <Head key={column} wide className={widthOf[column]}>
                {columnWords[column]}
              </Head>
            );
          })}
          <Head className="w-14">
            <span className="sr-only">Actions</span>
          </Head>
        </>
      }
    >
      {rows.map((session) => (
        <SessionRow
          key={session.id}
          session={session}
          showOwner={showOwner}
          columns={columns}
          toggle={choice?.toggle}
          selected={choice?.selected.has(session.id) ?? false}
          failure={choice?.failures.get(session.id)}
        />
      ))}
    </Table>
  );
}

interface SessionRowProps {
  session: ListedSession;
  showOwner: boolean;
  columns: readonly SessionColumn[];
  toggle: RowChoice["toggle"] | undefined;
  selected: boolean;
  failure: string | undefined;
}

/** Drawn again only when something of it changed: a list may have fifty changes a second. */
const SessionRow = memo(function SessionRow({ session, showOwner, columns, toggle, selected, failure }: SessionRowProps) {
  return (
    <tr
      data-row={session.id}
      className={`group relative transition-colors duration-150 hover:bg-sunken/60 has-[[data-row-link]:focus-visible]:bg-sunken/60 ${selected ? "bg-accent/8 hover:bg-accent/12" : ""}`}
    >
      {toggle ? (
        <Cell className="pr-0!">
          <SelectBox session={session} selected={selected} toggle={toggle} />
        </Cell>
      ) : null}
      <Cell>
        <div className="flex min-w-0 items-center gap-3">
          <SessionThumbnail session={session} className="h-9 w-13" />
          <div className="min-w-0">
            <RowLink href={`/sessions/${session.id}`}>{session.name}</RowLink>
            <div className="flex min-w-0 items-center gap-2 md:hidden">
              <SessionStatus session={session} />
              <span className="truncate text-sm text-ink-faint">{showOwner ? session.user : session.templateDisplayName}</span>
            </div>
            <p className="hidden truncate text-sm text-ink-faint md:block">
              {session.templateDisplayName}
              {session.tags.length > 0 ? ` · ${session.tags.join(", ")}` : ""}
            </p>
            <RowFailure failure={failure} />
          </div>
        </div>
      </Cell>
      <Cell wide>
        <SessionStatus session={session} />
      </Cell>
      {columns.map((column) => (
        <ColumnCell key={column} column={column} session={session} />
      ))}
      <Cell className="px-2!">
        <div className="relative z-10 flex justify-end">
          <SessionMenu session={session} />
        </div>
      </Cell>
    </tr>
  );
});

function ColumnCell({ column, session }: { column: SessionColumn; session: ListedSession }) {
  switch (column) {
    case "owner":
      return (
        <Cell wide className="truncate">
          {session.user}
        </Cell>
      );
    case "agent":
      return (
        <Cell wide className="truncate text-ink-soft">
          {session.agentId ?? "not placed"}
        </Cell>
      );
    case "resources":
      return (
        <Cell wide className="tabular truncate text-sm text-ink-soft">
          {memoryWords(session.resources.memory)} · {cpuWords(session.resources.cpu)}
        </Cell>
      );
    default:
      return (
        <Cell wide className="text-sm text-ink-soft">
          <RelativeTime at={session[column]} />
        </Cell>
      );
  }
}

interface SelectBoxProps {
  session: Pick<ListedSession, "id" | "name">;
  selected: boolean;
  toggle: RowChoice["toggle"];
}

export function SelectBox({ session, selected, toggle }: SelectBoxProps) {
  return (
    <input
      type="checkbox"
      aria-label={`Select ${session.name}`}
      checked={selected}
      onChange={() => {}}
      onClick={(event) => toggle(session.id, event.shiftKey)}
      className="relative z-10 block size-4 accent-(--accent)"
    />
  );
}

export function RowFailure({ failure }: { failure: string | undefined }) {
  return failure ? <p className="text-sm wrap-anywhere text-failed">{failure}</p> : null;
}
