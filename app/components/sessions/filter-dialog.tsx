"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { useTRPC } from "../../trpc/client";
import { Dialog } from "../controls/dialog";
import { PressButton } from "../controls/press-button";
import { SearchField } from "../controls/search-field";
import { isOperator, useCurrentUser } from "../shell/user-context";
import type { ListedSession } from "./session-rows";

export type FilterKind = "template" | "agent" | "tag" | "user";

const titles: Record<FilterKind, string> = {
  template: "Sessions from a template",
  agent: "Sessions on an agent",
  tag: "Sessions with a tag",
  user: "Sessions of a person",
};
const searches: Record<FilterKind, string> = { template: "Search templates", agent: "Agent’s name", tag: "Tag", user: "Person’s name" };
const MOST = 50;

interface FilterDialogProps {
  kind: FilterKind;
  sessions: readonly ListedSession[];
  onChoose: (value: string) => void;
  onClose: () => void;
}

/** One value to filter by: from what there is, or as it is typed where that is longer than what is offered here. */
export function FilterDialog({ kind, sessions, onChoose, onClose }: FilterDialogProps) {
  const trpc = useTRPC();
  const user = useCurrentUser();
  const [typed, setTyped] = useState("");
  const wanted = useDeferredValue(typed.trim());
  const templates = useQuery({
    ...trpc.templates.list.queryOptions({ limit: MOST, page: 1, ...(wanted ? { search: wanted } : {}) }),
    enabled: kind === "template",
    placeholderData: keepPreviousData,
  });
  const agents = useQuery({ ...trpc.agents.list.queryOptions({ limit: 100, page: 1 }), enabled: kind === "agent" && isOperator(user) });
  const seen = {
    template: [],
    agent: sessions.flatMap(({ agentId }) => agentId ?? []),
    tag: sessions.flatMap(({ tags }) => tags),
    user: sessions.map((session) => session.user),
  }[kind];
  const known =
    kind === "template"
      ? (templates.data?.templates ?? []).map(({ name, displayName }) => ({ value: name, label: displayName }))
      : [...new Set([...(agents.data?.agents ?? []).map(({ agentId }) => agentId), ...seen])]
          .sort((a, b) => a.localeCompare(b))
          .filter((value) => value.toLowerCase().includes(wanted.toLowerCase()))
          .map((value) => ({ value, label: value }));
  const own =
    kind !== "template" && wanted && !known.some(({ value }) => value === wanted) ? [{ value: wanted, label: `“${wanted}”` }] : [];
  const options = [...own, ...known].slice(0, MOST);
  return (
    <Dialog open onClose={onClose} title={titles[kind]}>
      <SearchField
        label={searches[kind]}
        value={typed}
        onChange={setTyped}
        maxLength={50}
        onKeyDown={(event) => {
          const first = options[0];
          if (event.key === "Enter" && first) onChoose(first.value);
        }}
      />
      <ul className="-mx-2 max-h-72 overflow-y-auto">
        {options.map(({ value, label }) => (
          <li key={value}>
            <PressButton
              onClick={() => onChoose(value)}
              className="flex h-9 w-full items-center gap-2 rounded-md px-2 text-left hover:bg-hover"
            >
              <span className="truncate">{label}</span>
              {label === value || label.includes(value) ? null : <span className="truncate text-sm text-ink-faint">{value}</span>}
            </PressButton>
          </li>
        ))}
        {options.length === 0 ? <li className="px-2 py-3 text-ink-faint">{wanted ? "Nothing is called so." : "Type a name."}</li> : null}
      </ul>
    </Dialog>
  );
}
