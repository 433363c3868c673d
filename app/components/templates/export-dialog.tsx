"use client";
import { useQuery } from "@tanstack/react-query";
import { Check, Copy, Download } from "lucide-react";
import { useTRPC } from "../../trpc/client";
import { Button } from "../controls/button";
import { Dialog } from "../controls/dialog";
import { useCopy } from "../data/copy-text";
import { FailurePanel } from "../feedback/failure-panel";
import { Bone } from "../feedback/skeleton";

export function ExportDialog({ name, onClose }: { name: string; onClose: () => void }) {
  const trpc = useTRPC();
  const file = useQuery(trpc.templates.export.queryOptions({ name }));
  const { copied, copy } = useCopy(file.data?.yaml ?? "");
  const download = () => {
    if (!file.data) return;
    const url = URL.createObjectURL(new Blob([file.data.yaml], { type: "application/yaml" }));
    const link = document.createElement("a");
    link.href = url;
    link.download = file.data.fileName;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  };
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={`Export ${name}`}
      description="The current version as a file. The same content is the same text, so it can be kept under version control."
      actions={
        <>
          <Button
            disabled={!file.data}
            onClick={copy}
            icon={copied ? <Check aria-hidden className="size-4" /> : <Copy aria-hidden className="size-4" />}
          >
            {copied ? "Copied" : "Copy"}
          </Button>
          <Button look="primary" disabled={!file.data} onClick={download} icon={<Download aria-hidden className="size-4" />}>
            Download
          </Button>
        </>
      }
    >
      {file.data ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
        <section aria-label="The file" tabIndex={0} className="max-h-[50dvh] overflow-auto rounded-md border border-line bg-sunken">
          <pre className="p-3 font-mono text-xs whitespace-pre-wrap wrap-anywhere">{file.data.yaml}</pre>
        </section>
      ) : file.isError ? (
        <FailurePanel error={file.error} title="The file could not be made" onRetry={() => void file.refetch()} busy={file.isFetching} />
      ) : (
        <Bone className="h-64 w-full" />
      )}
    </Dialog>
  );
}
