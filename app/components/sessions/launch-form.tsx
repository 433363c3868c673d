"use client";
import { useQuery } from "@tanstack/react-query";
import { Play } from "lucide-react";
import { type FormEvent, useState } from "react";
import { fieldProblems, readFailure } from "../../errors/read-failure";
import { cpuWords, durationWords, formatBytes, memoryWords } from "../../format/quantity";
import { type Outputs, useTRPC } from "../../trpc/client";
import { Button, ButtonLink } from "../controls/button";
import { SelectField, TextField } from "../controls/field";
import { Segmented } from "../controls/segmented";
import { isOperator, useCurrentUser } from "../shell/user-context";
import { checkDraft, emptyDraft, type LaunchDraft } from "./launch-draft";
import { LaunchFailure } from "./launch-failure";
import { useLaunch } from "./use-launch";

type Template = Outputs["templates"]["get"];

const homeChoices = [
  { value: "new", label: "New" },
  { value: "existing", label: "Existing" },
  { value: "none", label: "None" },
] as const;
const homeHints: Record<LaunchDraft["home"], string> = {
  new: "A volume of its own. It is kept when the session ends.",
  existing: "The files of an earlier session. The session runs on the agent that holds them.",
  none: "Files are lost when the session hibernates or ends.",
};

export function LaunchForm({ template }: { template: Template }) {
  const trpc = useTRPC();
  const user = useCurrentUser();
  const launch = useLaunch();
  const [draft, setDraft] = useState<LaunchDraft>({ ...emptyDraft, home: template.persistentHome ? "new" : "none" });
  /** Fields that were left once; a problem is shown no sooner. */
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const homes = useQuery(trpc.homes.list.queryOptions({}));
  const agents = useQuery({ ...trpc.agents.list.queryOptions({ limit: 100, page: 1 }), enabled: isOperator(user) });

  const checked = checkDraft(draft, template.name);
  const refused = launch.error ? fieldProblems(readFailure(launch.error)) : {};
  const problem = (field: string) => (left.has(field) ? (checked.problems?.[field] ?? refused[field]) : refused[field]);
  const edit = (change: Partial<LaunchDraft>) => setDraft((current) => ({ ...current, ...change }));
  const leave = (field: string) => () => setLeft((current) => new Set(current).add(field));
  const freeHomes = (homes.data?.homes ?? []).filter((home) => !home.usedBy && !home.deleting && home.user === user.username);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setLeft(new Set(["name", "resources.memory", "resources.cpu", "homeId", "agentId", "idleTimeout", "tags"]));
    if (checked.input) launch.start(checked.input);
  };

  return (
    <form method="post" onSubmit={submit} noValidate className="flex max-w-xl flex-col gap-5">
      <TextField
        label="Name"
        aside="optional"
        value={draft.name}
        onChange={(event) => edit({ name: event.target.value })}
        onBlur={leave("name")}
        problem={problem("name")}
        hint="Lower-case letters, digits and dashes. Left empty, one is made from your name and the template’s."
        autoComplete="off"
        spellCheck={false}
      />
      <div className="grid grid-cols-1 gap-5 sm:grid-cols-3">
        <TextField
          label="Memory"
          value={draft.memory}
          placeholder={template.defaultResources.memory}
          onChange={(event) => edit({ memory: event.target.value })}
          onBlur={leave("resources.memory")}
          problem={problem("resources.memory")}
          hint={memoryWords(draft.memory.trim() || template.defaultResources.memory)}
        />
        <TextField
          label="CPU"
          value={draft.cpu}
          placeholder={template.defaultResources.cpu}
          onChange={(event) => edit({ cpu: event.target.value })}
          onBlur={leave("resources.cpu")}
          problem={problem("resources.cpu")}
          hint={cpuWords(draft.cpu.trim() || template.defaultResources.cpu)}
        />
        <TextField
          label="Hibernate when idle"
          value={draft.idleTimeout}
          placeholder={template.idleTimeout}
          onChange={(event) => edit({ idleTimeout: event.target.value })}
          onBlur={leave("idleTimeout")}
          problem={problem("idleTimeout")}
          hint={durationWords(draft.idleTimeout.trim() || template.idleTimeout)}
        />
      </div>
      <div className="flex flex-col gap-2">
        <span className="text-sm font-medium">Home</span>
        <div>
          <Segmented label="Home" value={draft.home} options={homeChoices} onChange={(home) => edit({ home })} />
        </div>
        <p className="text-sm text-ink-faint">{homeHints[draft.home]}</p>
        {draft.home === "existing" ? (
          <SelectField
            label="Which home"
            value={draft.homeId}
            onChange={(event) => edit({ homeId: event.target.value })}
            onBlur={leave("homeId")}
            problem={problem("homeId")}
            hint={freeHomes.length === 0 ? "No home of yours is free. A home is free when no session uses it." : undefined}
          >
            <option value="">Choose…</option>
            {freeHomes.map((home) => (
              <option key={home.id} value={home.id}>
                {home.name} on {home.agentId}
                {home.sizeBytes === null ? "" : ` (${formatBytes(home.sizeBytes)})`}
              </option>
            ))}
          </SelectField>
        ) : null}
      </div>
      {isOperator(user) ? (
        <SelectField
          label="Agent"
          value={draft.agentId}
          onChange={(event) => edit({ agentId: event.target.value })}
          problem={problem("agentId")}
          disabled={draft.home === "existing"}
          hint={draft.home === "existing" ? "The home decides." : "Left to Berth, the session goes where the most room is."}
        >
          <option value="">Choose for me</option>
          {(agents.data?.agents ?? []).map((agent) => (
            <option key={agent.id} value={agent.agentId}>
              {agent.agentId}
              {agent.status === "online" ? "" : ` (${agent.status})`}
            </option>
          ))}
        </SelectField>
      ) : null}
      <TextField
        label="Tags"
        aside="optional, with commas between"
        value={draft.tags}
        onChange={(event) => edit({ tags: event.target.value })}
        onBlur={leave("tags")}
        problem={problem("tags")}
      />
      {launch.error ? <LaunchFailure error={launch.error} /> : null}
      <div className="flex gap-2">
        <Button type="submit" look="primary" busy={launch.launching} icon={<Play aria-hidden className="size-4" />}>
          Launch {template.displayName}
        </Button>
        <ButtonLink href="/sessions/new">Other template</ButtonLink>
      </div>
    </form>
  );
}
