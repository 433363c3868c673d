"use client";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { FileUp } from "lucide-react";
import { useRouter } from "next/navigation";
import { useEffect, useRef, useState } from "react";
import { type Outputs, useTRPC, useTRPCClient } from "../../trpc/client";
import { Button } from "../controls/button";
import { TextAreaField } from "../controls/field";
import { Panel } from "../data/panel";
import { FailurePanel } from "../feedback/failure-panel";
import { Notice } from "../feedback/notice";
import { Bone } from "../feedback/skeleton";
import { TemplateCardFace } from "./template-card-face";
import { TemplateChanges } from "./template-changes";

const READ_AFTER_MS = 400;

/** A file, pasted or picked; beside it what it would do, before it does it. */
export function TemplateImport() {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queryClient = useQueryClient();
  const router = useRouter();
  const [yaml, setYaml] = useState("");
  const [read, setRead] = useState("");
  const file = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const timer = setTimeout(() => setRead(yaml), READ_AFTER_MS);
    return () => clearTimeout(timer);
  }, [yaml]);
  const preview = useQuery({
    // Under the templates: a change of any of them asks anew.
    queryKey: [...trpc.templates.pathKey(), "previewImport", read],
    queryFn: () => client.templates.previewImport.mutate({ yaml: read }),
    enabled: read.trim() !== "",
    placeholderData: keepPreviousData,
    retry: false,
  });
  const take = useMutation(
    trpc.templates.import.mutationOptions({
      onSuccess: ({ template, created }) => {
        void queryClient.invalidateQueries(trpc.templates.pathFilter());
        router.push(`/templates/${encodeURIComponent(template.name)}${created ? "" : "?tab=versions"}`);
      },
      onError: () => void preview.refetch(),
    }),
  );
  const fresh = read === yaml && !preview.isPlaceholderData;
  return (
    <div className="grid grid-cols-1 items-start gap-6 lg:grid-cols-2">
      <div className="flex min-w-0 flex-col gap-3">
        <TextAreaField
          label="YAML"
          rows={22}
          value={yaml}
          spellCheck={false}
          placeholder={"apiVersion: berth/v1\nkind: Template\nmetadata:\n  name: …"}
          onChange={(event) => setYaml(event.target.value)}
          className="font-mono text-xs"
        />
        <div>
          <input
            ref={file}
            type="file"
            accept=".yaml,.yml,application/yaml,text/yaml"
            aria-label="File to import"
            tabIndex={-1}
            className="sr-only"
            onChange={(event) => {
              const picked = event.target.files?.[0];
              event.target.value = "";
              void picked?.text().then(setYaml);
            }}
          />
          <Button icon={<FileUp aria-hidden className="size-4" />} onClick={() => file.current?.click()}>
            Choose a file
          </Button>
        </div>
      </div>
      <Panel title="What it would do">
        <div aria-live="polite" className="flex flex-col gap-4">
          {read.trim() === "" ? (
            <p className="text-ink-soft">Paste a file or choose one. Nothing is changed before you say so.</p>
          ) : preview.data ? (
            <Preview preview={preview.data} />
          ) : preview.isError ? (
            <FailurePanel
              error={preview.error}
              title="The file could not be read"
              onRetry={() => void preview.refetch()}
              busy={preview.isFetching}
            />
          ) : (
            <Bone className="h-40 w-full" />
          )}
          {take.error ? <FailurePanel error={take.error} title="The file was not imported" /> : null}
          {preview.data && preview.data.outcome !== "invalid" && preview.data.outcome !== "same" && read.trim() !== "" ? (
            <ImportButton
              preview={preview.data}
              busy={take.isPending}
              disabled={!fresh}
              onImport={(fromVersion) => take.mutate({ yaml, fromVersion })}
            />
          ) : null}
        </div>
      </Panel>
    </div>
  );
}

type PreviewAnswer = Outputs["templates"]["previewImport"];
type Importable = Exclude<PreviewAnswer, { outcome: "invalid" }>;

interface ImportButtonProps {
  readonly preview: Importable;
  readonly busy: boolean;
  readonly disabled: boolean;
  readonly onImport: (fromVersion: number | null) => void;
}

function ImportButton({ preview: { current, name }, busy, disabled, onImport }: ImportButtonProps) {
  return (
    <div>
      <Button look="primary" busy={busy} disabled={disabled} onClick={() => onImport(current?.version ?? null)}>
        {current ? `Save as version ${current.version + 1} of ${name}` : `Create ${name}`}
      </Button>
    </div>
  );
}

function Preview({ preview }: { preview: PreviewAnswer }) {
  if (preview.outcome === "invalid") {
    return (
      <div className="rounded-lg border border-failed/40 bg-failed-soft p-4">
        <p className="font-medium">
          {preview.problems.length === 1 ? "One thing is wrong" : `${preview.problems.length} things are wrong`}
        </p>
        <ul className="mt-2 flex flex-col gap-2">
          {preview.problems.map(({ path, line, column, message }) => (
            <li key={`${line}:${column}:${path}:${message}`} className="grid grid-cols-[4.5rem_1fr] gap-3 wrap-anywhere">
              <span className="tabular text-sm text-ink-soft">line {line}</span>
              <span className="min-w-0">
                {path ? <span className="font-mono text-xs">{path}</span> : null} {message}
              </span>
            </li>
          ))}
        </ul>
      </div>
    );
  }
  const { current, incoming, name } = preview;
  return (
    <>
      {preview.warnings.map((warning) => (
        <Notice key={warning} tone="warning">
          {warning}
        </Notice>
      ))}
      {current === null ? (
        <>
          <p>
            Creates the template <span className="font-mono text-xs">{name}</span>.
          </p>
          <div className="flex max-w-sm min-w-0 flex-col gap-3 rounded-lg border border-line bg-surface p-4">
            <TemplateCardFace template={{ ...incoming, tried: true }} heading="h3" />
          </div>
        </>
      ) : preview.outcome === "same" ? (
        <p>
          Nothing: <span className="font-mono text-xs">{name}</span> says the same already, in version {current.version}.
        </p>
      ) : (
        <>
          <p>
            Writes version {current.version + 1} of <span className="font-mono text-xs">{name}</span>. From version {current.version} it
            changes:
          </p>
          <TemplateChanges before={current.content} after={incoming} label="Changes of the file" />
        </>
      )}
    </>
  );
}
