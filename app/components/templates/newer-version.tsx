"use client";
import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "../../trpc/client";
import { Button } from "../controls/button";
import { Notice } from "../feedback/notice";
import { TemplateChanges } from "./template-changes";
import type { Content } from "./template-diff";
import type { EditedFrom } from "./template-editor";

interface NewerVersionProps {
  readonly name: string;
  readonly from: EditedFrom;
  /** What the server said to a save; null while nobody tried. */
  readonly failure: string | null;
  readonly onTakeTheirs: (theirs: EditedFrom) => void;
  readonly onKeepMine: (theirs: EditedFrom) => void;
}

/** Someone saved while this was edited: what they changed, and the two ways on. */
export function NewerVersion({ name, from, failure, onTakeTheirs, onKeepMine }: NewerVersionProps) {
  const trpc = useTRPC();
  const current = useQuery({ ...trpc.templates.get.queryOptions({ name }), refetchOnMount: "always" });
  const number = current.data?.version ?? from.version;
  const version = useQuery({ ...trpc.templates.version.queryOptions({ name, version: number }), enabled: number > from.version });
  const content: Content | undefined = version.data?.content;
  const theirs = content && current.data ? { name, version: number, tried: current.data.tried, content } : null;
  return (
    <section aria-label="A newer version" className="flex flex-col gap-3">
      <Notice tone="warning">
        {failure ?? `${version.data?.createdBy ?? "Someone"} saved version ${number} while you edit version ${from.version}.`} Your edits
        are still here.
      </Notice>
      {theirs ? (
        <>
          <TemplateChanges before={from.content} after={theirs.content} label={`Changes of version ${number}`} />
          <div className="flex flex-wrap gap-2">
            <Button size="small" onClick={() => onTakeTheirs(theirs)}>
              Start over from version {number}
            </Button>
            <Button size="small" onClick={() => onKeepMine(theirs)}>
              Keep my form, and compare it with version {number}
            </Button>
          </div>
        </>
      ) : null}
    </section>
  );
}
