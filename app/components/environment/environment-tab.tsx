"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ClipboardPaste, Eye, EyeOff, Plus, RotateCw } from "lucide-react";
import { useEffect, useState } from "react";
import { type Outputs, useTRPC, useTRPCClient } from "../../trpc/client";
import { Button } from "../controls/button";
import { ConfirmDialog } from "../controls/confirm-dialog";
import { FailurePanel } from "../feedback/failure-panel";
import { Notice } from "../feedback/notice";
import { Bone } from "../feedback/skeleton";
import { useToasts } from "../feedback/toasts";
import { PasteVariables } from "./paste-variables";
import { VariableDialog } from "./variable-dialog";
import { VariableList } from "./variable-list";
import type { EnvironmentChange, Variable } from "./variables";

type Detail = Outputs["sessions"]["get"];
type Asked = { readonly what: "add" | "paste" } | { readonly what: "edit" | "remove"; readonly variable: Variable };

const shape = ["w-2/3", "w-1/2", "w-3/4", "w-2/5"];

/** The variables of a session: what its template has, and what is its own. Values are asked for one at a time, and kept nowhere but on this page. */
export function EnvironmentTab({ session }: { session: Detail }) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const cache = useQueryClient();
  const toasts = useToasts();
  const input = { containerId: session.id };
  const found = useQuery(trpc.containers.env.queryOptions(input));
  const [shown, setShown] = useState<ReadonlyMap<string, string>>(new Map());
  const [asked, setAsked] = useState<Asked>();
  const version = found.data?.version;
  // What was revealed was of another version.
  // biome-ignore lint/correctness/useExhaustiveDependencies(version): it is what makes them old
  useEffect(() => setShown(new Map()), [version]);
  const reveal = useMutation({
    mutationFn: (names: string[]) => client.containers.env.query({ ...input, reveal: true, names }),
    onSuccess: ({ variables }) =>
      setShown(
        (before) => new Map([...before, ...variables.flatMap(({ name, value }) => (value === null ? [] : [[name, value] as const]))]),
      ),
    onError: (error) => toasts.failed("The values could not be read", error),
  });
  const change = useMutation(
    trpc.containers.updateEnv.mutationOptions({
      onSuccess: ({ message, changed, removed, restarted }) => {
        setAsked(undefined);
        if (changed.length + removed.length > 0 || restarted) toasts.done(restarted ? "Restarted" : "Environment changed", message);
      },
      onError: () => undefined,
      onSettled: () => cache.invalidateQueries(trpc.containers.env.queryFilter(input)),
    }),
  );
  const apply = (wish: EnvironmentChange) => change.mutate({ ...input, ...wish, ...(version === undefined ? {} : { version }) });
  const restart = useMutation(
    trpc.containers.updateEnv.mutationOptions({
      onSuccess: ({ restarted, message }) =>
        restarted ? toasts.done("Restarted", message) : toasts.failed("It was not restarted", new Error(message)),
      onError: (error) => toasts.failed("It was not restarted", error),
      onSettled: () => cache.invalidateQueries(trpc.containers.env.queryFilter(input)),
    }),
  );
  const ask = (next: Asked) => {
    change.reset();
    setAsked(next);
  };
  if (!found.data) {
    if (found.isError)
      return (
        <FailurePanel
          error={found.error}
          title="The variables could not be read"
          onRetry={() => void found.refetch()}
          busy={found.isFetching}
        />
      );
    return (
      <div className="flex flex-col gap-4">
        {shape.map((width) => (
          <Bone key={width} className={`h-4 ${width}`} />
        ))}
      </div>
    );
  }
  const { variables, restartRequired } = found.data;
  const mine = session.may.changeEnvironment;
  // Secret ones are looked at one at a time.
  const open = variables.filter(({ secret, readable }) => readable && !secret).map(({ name }) => name);
  const allShown = open.length > 0 && open.every((name) => shown.has(name));
  const close = () => setAsked(undefined);
  return (
    <div className="flex flex-col gap-4">
      {restartRequired ? (
        <Notice
          tone="warning"
          action={
            mine && session.status.phase === "Running" ? (
              <Button
                size="small"
                icon={<RotateCw aria-hidden className="size-3.5" />}
                busy={restart.isPending}
                onClick={() => restart.mutate({ ...input, restart: true })}
              >
                Restart now to apply
              </Button>
            ) : null
          }
        >
          What runs has the values from before. A restart ends its programs and starts them with these.
        </Notice>
      ) : null}
      {mine ? (
        <div className="flex flex-wrap gap-2">
          <Button size="small" icon={<Plus aria-hidden className="size-3.5" />} onClick={() => ask({ what: "add" })}>
            Add
          </Button>
          <Button size="small" icon={<ClipboardPaste aria-hidden className="size-3.5" />} onClick={() => ask({ what: "paste" })}>
            Paste .env
          </Button>
          {open.length > 0 ? (
            <Button
              size="small"
              look="quiet"
              className="ml-auto"
              icon={allShown ? <EyeOff aria-hidden className="size-3.5" /> : <Eye aria-hidden className="size-3.5" />}
              busy={reveal.isPending}
              onClick={() => (allShown ? setShown(new Map()) : reveal.mutate(open))}
            >
              {allShown ? "Hide values" : "Show values"}
            </Button>
          ) : null}
        </div>
      ) : (
        <p className="text-sm text-ink-soft">
          Only its owner sees and changes values{session.state === "terminated" ? ", while the session is there" : ""}.
        </p>
      )}
      <VariableList
        variables={variables}
        shown={shown}
        mine={mine}
        onShow={(name) => reveal.mutate([name])}
        onHide={(name) => setShown(new Map([...shown].filter(([other]) => other !== name)))}
        onEdit={(variable) => ask({ what: "edit", variable })}
        onRemove={(variable) => ask({ what: "remove", variable })}
      />
      {asked?.what === "add" || asked?.what === "edit" ? (
        <VariableDialog
          variable={asked.what === "edit" ? asked.variable : null}
          value={asked.what === "edit" ? shown.get(asked.variable.name) : undefined}
          error={change.error}
          busy={change.isPending}
          onClose={close}
          onApply={apply}
        />
      ) : null}
      {asked?.what === "paste" ? <PasteVariables error={change.error} busy={change.isPending} onClose={close} onApply={apply} /> : null}
      {asked?.what === "remove" ? (
        <ConfirmDialog
          open
          title={`Remove ${asked.variable.name}?`}
          action="Remove"
          busy={change.isPending}
          onClose={close}
          onConfirm={() => apply({ env: { [asked.variable.name]: null } })}
        >
          {asked.variable.overrides ? "The template's value of this name is used again." : "Its value is gone with it."}
          {change.error ? ` It was not removed: ${change.error.message}` : ""}
        </ConfirmDialog>
      ) : null}
    </div>
  );
}
