"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { type FormEvent, useEffect, useState } from "react";
import { fieldProblems, readFailure } from "../../errors/read-failure";
import { useTRPC } from "../../trpc/client";
import { Button, ButtonLink } from "../controls/button";
import { TextField } from "../controls/field";
import { Panel } from "../data/panel";
import { FailurePanel } from "../feedback/failure-panel";
import { NewerVersion } from "./newer-version";
import { type CardContent, TemplateCardFace } from "./template-card-face";
import { TemplateChanges } from "./template-changes";
import { type Content, templateDiff } from "./template-diff";
import { checkTemplateDraft, draftOf, emptyDraft, type TemplateDraft } from "./template-draft";
import { TemplateFields } from "./template-fields";

/** What an editing began with; null for a template that isn't there yet. */
export interface EditedFrom {
  readonly name: string;
  readonly version: number;
  readonly tried: boolean;
  readonly content: Content;
}

export function TemplateEditor({ from }: { from: EditedFrom | null }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const router = useRouter();
  const [base, setBase] = useState(from);
  const [draft, setDraft] = useState<TemplateDraft>(() => (from ? draftOf(from.name, from.content) : emptyDraft));
  const [note, setNote] = useState("");
  /** Fields that were left once; a problem is shown no sooner. */
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const [all, setAll] = useState(false);
  const list = useQuery(trpc.templates.list.queryOptions({ limit: 100, page: 1 }));
  const latest = useQuery({ ...trpc.templates.get.queryOptions({ name: base?.name ?? "" }), enabled: base !== null });
  const saved = {
    onSuccess: (template: { name: string }) => {
      void queryClient.invalidateQueries(trpc.templates.pathFilter());
      router.push(`/templates/${encodeURIComponent(template.name)}${base ? "?tab=versions" : ""}`);
    },
  };
  const create = useMutation(trpc.templates.create.mutationOptions(saved));
  const update = useMutation(trpc.templates.update.mutationOptions(saved));
  const error = create.error ?? update.error;
  const failure = error ? readFailure(error) : null;
  const refused = failure ? fieldProblems(failure) : {};

  const checked = checkTemplateDraft(draft);
  const changes = base && checked.content ? templateDiff(base.content, checked.content).length : null;
  const dirty = base ? changes !== 0 : draft !== emptyDraft;
  const isSaved = create.isSuccess || update.isSuccess;
  useEffect(() => {
    if (!dirty || isSaved) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [dirty, isSaved]);

  const edit = (change: Partial<TemplateDraft>) => setDraft((current) => ({ ...current, ...change }));
  const leave = (field: string) => setLeft((current) => new Set(current).add(field));
  const problem = (field: string) => {
    const typed = all || left.has(field) ? checked.problems?.[field] : undefined;
    return typed ?? refused[field];
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setAll(true);
    if (!checked.content) {
      requestAnimationFrame(() => document.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
      return;
    }
    if (base) update.mutate({ name: base.name, ...checked.content, fromVersion: base.version, note: note.trim() || undefined });
    else create.mutate({ name: draft.name.trim(), ...checked.content });
  };
  const newer = base && latest.data && latest.data.version > base.version && !isSaved ? latest.data : null;
  const wrong = Object.keys(checked.problems ?? {}).length;
  const shown: CardContent = checked.content ?? previewOf(draft);

  return (
    <form method="post" onSubmit={submit} noValidate className="grid grid-cols-1 items-start gap-6 lg:grid-cols-[1fr_20rem]">
      <div className="flex min-w-0 flex-col gap-6">
        {base && (newer || failure?.code === "TEMPLATE_CHANGED") ? (
          <NewerVersion
            name={base.name}
            from={base}
            failure={failure?.code === "TEMPLATE_CHANGED" ? failure.message : null}
            onTakeTheirs={(theirs) => {
              setBase(theirs);
              setDraft(draftOf(theirs.name, theirs.content));
              update.reset();
            }}
            onKeepMine={(theirs) => {
              setBase(theirs);
              update.reset();
            }}
          />
        ) : null}
        <TemplateFields
          draft={draft}
          isNew={base === null}
          categories={[...new Set((list.data?.templates ?? []).map(({ category }) => category))]}
          edit={edit}
          problem={problem}
          leave={leave}
        />
        {base && checked.content && changes ? (
          <Panel title={`What this changes from version ${base.version}`}>
            <TemplateChanges before={base.content} after={checked.content} label="Unsaved changes" />
            <TextField
              label="Why"
              aside="optional"
              maxLength={200}
              value={note}
              onChange={(event) => setNote(event.target.value)}
              hint="Stands beside the version, for whoever asks later."
            />
          </Panel>
        ) : null}
        {error && failure && failure.code !== "TEMPLATE_CHANGED" && Object.keys(refused).length === 0 ? (
          <FailurePanel error={error} title="The template was not saved" />
        ) : null}
        {all && wrong > 0 ? (
          <p role="alert" className="text-failed">
            {wrong === 1 ? "One field is wrong" : `${wrong} fields are wrong`}; nothing was saved.
          </p>
        ) : null}
        <div className="flex flex-wrap gap-2">
          <Button type="submit" look="primary" busy={create.isPending || update.isPending} disabled={base !== null && changes === 0}>
            {base ? `Save as version ${base.version + 1}` : "Create template"}
          </Button>
          <ButtonLink href={base ? `/templates/${encodeURIComponent(base.name)}` : "/templates"}>Cancel</ButtonLink>
        </div>
      </div>
      <Panel title="Preview" className="order-first lg:sticky lg:top-6 lg:order-none">
        <div className="flex min-w-0 flex-col gap-3 rounded-lg border border-line bg-surface p-4">
          <TemplateCardFace template={{ ...shown, displayName: shown.displayName || "Title", tried: base?.tried ?? true }} heading="h3" />
        </div>
        <p className="text-sm text-ink-faint">As people see it when they start a session.</p>
      </Panel>
    </form>
  );
}

/** What a card needs of a form that isn't right yet. */
const previewOf = (draft: TemplateDraft): CardContent => ({
  displayName: draft.displayName,
  description: draft.description,
  icon: draft.icon,
  display: { protocol: draft.protocol, port: 0, path: "/", unix_socket: draft.unixSocket },
  security: draft.security,
  defaultResources: { memory: draft.memory, cpu: draft.cpu },
  persistentHome: draft.persistentHome,
});
