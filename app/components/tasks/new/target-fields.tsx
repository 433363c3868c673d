"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type ReactNode, useDeferredValue, useState } from "react";
import { useTRPC } from "../../../trpc/client";
import { AgentStatus } from "../../agents/agent-status";
import { TextField } from "../../controls/field";
import { SearchField } from "../../controls/search-field";
import { Segmented } from "../../controls/segmented";
import { type FormParts, textOf } from "./form-parts";

/** The capability of agents that carry out such tasks. */
const ABLE = "docker";
const MOST = 8;

/** Who is to do it: one agent, or whichever fits. */
export function TargetFields({ parts }: { parts: FormParts }) {
  const { draft, edit } = parts;
  return (
    <>
      <div>
        <Segmented
          label="Who is to do it"
          value={draft.target}
          options={[
            { value: "agent", label: "One agent" },
            { value: "any", label: "Any agent that has…" },
          ]}
          onChange={(target) => edit({ target })}
        />
      </div>
      {draft.target === "agent" ? (
        <AgentChoice parts={parts} />
      ) : (
        <div className="grid grid-cols-1 gap-5 sm:grid-cols-2">
          <TextField
            label="Labels"
            aside="optional"
            placeholder="gpu=yes, zone=a"
            {...textOf(parts, "agentLabels")}
            hint="All of them. Left empty, any agent that is online."
          />
          <TextField label="Capabilities" aside="optional" {...textOf(parts, "agentCapabilities")} hint="With commas between." />
        </div>
      )}
    </>
  );
}

function AgentChoice({ parts: { draft, edit, problem } }: { parts: FormParts }) {
  const trpc = useTRPC();
  const [typed, setTyped] = useState("");
  const wanted = useDeferredValue(typed.trim());
  const agents = useQuery({
    ...trpc.agents.list.queryOptions({ capability: ABLE, page: 1, limit: MOST, ...(wanted ? { search: wanted } : {}) }),
    placeholderData: keepPreviousData,
  });
  const listed = agents.data?.agents ?? [];
  const more = (agents.data?.pagination.total ?? 0) - listed.length;
  const wrong = problem("agent");
  return (
    <fieldset className="flex min-w-0 flex-col gap-2" aria-describedby={wrong ? "agent-problem" : undefined}>
      <legend className="sr-only">Agent</legend>
      {more > 0 || typed !== "" ? (
        <SearchField label="Search agents" value={typed} onChange={setTyped} maxLength={63} className="w-full sm:w-64" />
      ) : null}
      <div className="divide-y divide-line overflow-hidden rounded-lg border border-line has-aria-invalid:border-failed">
        {draft.agent && !listed.some(({ agentId }) => agentId === draft.agent) ? (
          <AgentRow name={draft.agent} chosen onChoose={() => undefined} invalid={false} />
        ) : null}
        {listed.map((agent) => (
          <AgentRow
            key={agent.id}
            name={agent.agentId}
            chosen={draft.agent === agent.agentId}
            invalid={wrong !== undefined}
            onChoose={() => edit({ agent: agent.agentId })}
            mark={<AgentStatus agent={agent} />}
          />
        ))}
        {agents.data && listed.length === 0 && !draft.agent ? (
          <p className="px-3 py-2.5 text-ink-soft">{wanted ? "No such agent" : "No agent"} carries out tasks of this kind.</p>
        ) : null}
        {agents.isError ? <p className="px-3 py-2.5 text-failed">The agents could not be read.</p> : null}
      </div>
      {wrong ? (
        <p id="agent-problem" role="alert" className="text-sm text-failed">
          {wrong}
        </p>
      ) : (
        <p className="text-sm text-ink-faint">
          {more > 0 ? `${more} more: search by name. ` : ""}One that is away gets it when it is back.
        </p>
      )}
    </fieldset>
  );
}

interface AgentRowProps {
  readonly name: string;
  readonly chosen: boolean;
  readonly invalid: boolean;
  readonly onChoose: () => void;
  readonly mark?: ReactNode;
}

function AgentRow({ name, chosen, invalid, onChoose, mark }: AgentRowProps) {
  return (
    <label className="flex cursor-pointer items-center gap-3 px-3 py-2.5 transition-colors duration-150 hover:bg-sunken/60 has-checked:bg-sunken has-focus-visible:outline-2 has-focus-visible:-outline-offset-2 has-focus-visible:outline-accent">
      <input
        type="radio"
        name="agent"
        value={name}
        checked={chosen}
        aria-invalid={invalid || undefined}
        onChange={onChoose}
        className="size-4 shrink-0 accent-(--accent)"
      />
      <span className="min-w-0 flex-1 truncate font-medium" title={name}>
        {name}
      </span>
      {mark}
    </label>
  );
}
