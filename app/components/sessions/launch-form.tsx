"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Play } from "lucide-react";
import { type FormEvent, useDeferredValue, useState } from "react";
import { fieldProblems, readFailure } from "../../errors/read-failure";
import { cpuWords, durationWords, memoryWords } from "../../format/quantity";
import { type Outputs, useTRPC } from "../../trpc/client";
import { Button, ButtonLink } from "../controls/button";
import { SelectField, TextField } from "../controls/field";
import { useCurrentUser } from "../shell/user-context";
import { checkDraft, emptyDraft, type LaunchDraft, placementWish } from "./launch-draft";
import { LaunchFailure } from "./launch-failure";
import { LaunchHome } from "./launch-home";
import { LaunchPlace, WaitForRoom } from "./launch-place";
import { PolicyChoice } from "./policy-choice";
import { useLaunch } from "./use-launch";
import { WhereItGoes } from "./where-it-goes";

type Template = Outputs["templates"]["get"];
type Explained = Outputs["sessions"]["explainPlacement"];
const fields = [
  "name",
  "resources.memory",
  "resources.cpu",
  "homeId",
  "snapshotId",
  "idleTimeout",
  "tags",
  "agentLabels",
  "agentCapabilities",
];

/** `home` or `snapshot`: what to start with, where the address names one. */
export function LaunchForm({ template, home, snapshot }: { template: Template; home: string | null; snapshot: string | null }) {
  const trpc = useTRPC();
  const user = useCurrentUser();
  const launch = useLaunch();
  const [draft, setDraft] = useState<LaunchDraft>({
    ...emptyDraft,
    home: snapshot ? "snapshot" : home ? "existing" : template.persistentHome ? "new" : "none",
    homeId: home ?? "",
    snapshotId: snapshot ?? "",
  });
  /** Fields that were left once; a problem is shown no sooner. */
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const homes = useQuery(trpc.homes.list.queryOptions({ user: user.username, free: true, limit: 100, page: 1 }));
  const snapshots = useQuery(trpc.snapshots.list.queryOptions({ user: user.username, limit: 100, page: 1 }));
  const fitting = snapshots.data?.snapshots.filter(
    (one) => one.state === "ready" && !one.unreachable && (one.include === "home" || one.template === template.name),
  );
  const bound = draft.home === "existing" || draft.home === "snapshot";
  const explained = useQuery({
    ...trpc.sessions.explainPlacement.queryOptions(placementWish(useDeferredValue(draft), template.name)),
    placeholderData: keepPreviousData,
    // What else is started elsewhere changes the answer.
    staleTime: 5_000,
    refetchInterval: 15_000,
    retry: false,
  });

  const checked = checkDraft(draft, template.name);
  const refused = launch.error ? fieldProblems(readFailure(launch.error)) : {};
  const problem = (field: string) => (left.has(field) ? (checked.problems?.[field] ?? refused[field]) : refused[field]);
  const edit = (change: Partial<LaunchDraft>) => setDraft((current) => ({ ...current, ...change }));
  const leave = (field: string) => () => setLeft((current) => new Set(current).add(field));

  const quantity = (
    label: string,
    key: "memory" | "cpu" | "idleTimeout",
    field: string,
    ofTemplate: string,
    words: (text: string) => string,
  ) => (
    <TextField
      label={label}
      value={draft[key]}
      placeholder={ofTemplate}
      onChange={(event) => edit({ [key]: event.target.value })}
      onBlur={leave(field)}
      problem={problem(field)}
      hint={words(draft[key].trim() || ofTemplate)}
    />
  );

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setLeft(new Set(fields));
    if (checked.input) launch.start(checked.input);
  };

  return (
    <form
      method="post"
      onSubmit={submit}
      noValidate
      className="grid max-w-4xl grid-cols-1 items-start gap-x-10 gap-y-5 lg:grid-cols-[minmax(0,1fr)_18rem]"
    >
      <div className="flex min-w-0 flex-col gap-5">
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
          {quantity("Memory", "memory", "resources.memory", template.defaultResources.memory, memoryWords)}
          {quantity("CPU", "cpu", "resources.cpu", template.defaultResources.cpu, cpuWords)}
          {quantity("Hibernate when idle", "idleTimeout", "idleTimeout", template.idleTimeout, durationWords)}
        </div>
        <LaunchHome
          draft={draft}
          homes={homes.data?.homes}
          onEdit={edit}
          snapshots={fitting}
          onLeave={leave(draft.home === "snapshot" ? "snapshotId" : "homeId")}
          problem={problem(draft.home === "snapshot" ? "snapshotId" : "homeId")}
        />
        <SelectField
          label="Where"
          value={draft.where}
          onChange={(event) => edit({ where: event.target.value })}
          problem={refused.agentId ?? refused.region ?? refused.platform}
          disabled={bound}
          hint={bound ? "The home decides." : "Left to Berth, it is chosen by how full each of those is that fit."}
        >
          <option value="">Anywhere</option>
          <Places explained={explained.data} chosen={draft.where} />
        </SelectField>
        <LaunchPlace draft={draft} onEdit={edit} onLeave={leave} problem={problem} />
        <TextField
          label="Tags"
          aside="optional, with commas between"
          value={draft.tags}
          onChange={(event) => edit({ tags: event.target.value })}
          onBlur={leave("tags")}
          problem={problem("tags")}
        />
        {template.display.protocol === "rfb" ? (
          <details className="rounded-lg border border-line p-4">
            <summary className="rounded text-sm font-medium">What its screen allows</summary>
            <p className="mt-1 mb-3 text-sm text-ink-faint">
              Make it stricter than the template for this session. You can change it later.
            </p>
            <PolicyChoice
              policy={{ ...template.policy, ...draft.policy }}
              ceiling={template.policy}
              onChange={(field, allowed) => {
                const { [field]: _, ...others } = draft.policy;
                edit({ policy: allowed ? others : { ...others, [field]: false } });
              }}
            />
          </details>
        ) : null}
        {explained.data?.mayWait || draft.queue ? <WaitForRoom draft={draft} onEdit={edit} waiting={explained.data?.waiting ?? 0} /> : null}
        {launch.error ? <LaunchFailure error={launch.error} /> : null}
        <div className="flex flex-wrap gap-2">
          <Button type="submit" look="primary" busy={launch.launching} icon={<Play aria-hidden className="size-4" />}>
            Launch {template.displayName}
          </Button>
          <ButtonLink href={home ? `/sessions/new?home=${home}` : "/sessions/new"}>Other template</ButtonLink>
        </div>
      </div>
      {explained.isError ? null : <WhereItGoes explained={explained.data} />}
    </form>
  );
}

/** What can be asked for; what was chosen stays there while the answer is on its way. */
function Places({ explained, chosen }: { explained: Explained | undefined; chosen: string }) {
  const regions = (explained?.regions ?? []).map((name) => ({ value: `region:${name}`, name }));
  const platforms = (explained?.platforms ?? []).map((name) => ({ value: `platform:${name}`, name }));
  const agents = (explained?.placement.considered ?? []).map(({ agent }) => ({ value: `agent:${agent}`, name: agent }));
  const known = [...regions, ...platforms, ...agents].some(({ value }) => value === chosen);
  const group = (label: string, places: readonly { value: string; name: string }[], least: number) =>
    places.length >= least ? (
      <optgroup label={label}>
        {places.map(({ value, name }) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
      </optgroup>
    ) : null;
  return (
    <>
      {chosen && !known ? <option value={chosen}>{chosen.slice(chosen.indexOf(":") + 1)}</option> : null}
      {group("Region", regions, 1)}
      {group("Platform", platforms, 2)}
      {group("Agent", agents, 1)}
    </>
  );
}
