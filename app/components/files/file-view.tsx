"use client";
import { useQuery } from "@tanstack/react-query";
import { ArrowLeft, Download } from "lucide-react";
import { useEffect, useState } from "react";
import { formatBytes } from "../../format/quantity";
import { Button, IconButton } from "../controls/button";
import { FailurePanel } from "../feedback/failure-panel";
import { Bone } from "../feedback/skeleton";
import { lazyInBrowser } from "../lazy-part";
import { contentUrl, type FilePlace, nameOf, pictureType } from "./file-paths";
import { fetchFile } from "./file-requests";
import { save } from "./file-rows";

const TextEditor = lazyInBrowser(() => import("./text-editor").then((module) => module.TextEditor));

const MAX_SHOWN_BYTES = 4 * 1024 * 1024;

type Content =
  | { readonly kind: "text"; readonly text: string; readonly etag: string | null }
  | { readonly kind: "picture"; readonly blob: Blob }
  | { readonly kind: "other"; readonly size: number; readonly why: string };

async function readContent(place: FilePlace, path: string, signal: AbortSignal): Promise<Content> {
  const picture = pictureType(path);
  const answer = await fetchFile(contentUrl(place, path), { signal });
  const size = Number(answer.headers.get("content-length") ?? 0);
  if (size > MAX_SHOWN_BYTES) {
    await answer.body?.cancel();
    return { kind: "other", size, why: "It is too large to be shown here." };
  }
  const bytes = await answer.arrayBuffer();
  if (picture) return { kind: "picture", blob: new Blob([bytes], { type: picture }) };
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    if (!text.includes("\0")) return { kind: "text", text, etag: answer.headers.get("etag") };
  } catch {
    // Not UTF-8: an editor would spoil it.
  }
  return { kind: "other", size, why: "It is not text." };
}

interface FileViewProps {
  place: FilePlace;
  path: string;
  /** How often the session told of a change of it since it was opened. */
  changes: number;
  onClose: () => void;
  onSaved: () => void;
}

/** One file: text in an editor, a picture as it looks, anything else to download. */
export function FileView({ place, path, changes, onClose, onSaved }: FileViewProps) {
  const content = useQuery({
    queryKey: ["file", place, path],
    queryFn: ({ signal }) => readContent(place, path, signal),
    retry: false,
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
  });
  const { data, refetch } = content;
  const isText = data?.kind === "text";
  useEffect(() => {
    // Text is the editor's, which may hold what isn't saved.
    if (changes > 0 && !isText) void refetch();
  }, [changes, isText, refetch]);
  const name = nameOf(path);
  const head = (
    <>
      <IconButton label="Back to the folder" onClick={onClose}>
        <ArrowLeft aria-hidden className="size-4" />
      </IconButton>
      <h2 className="min-w-0 flex-1 truncate font-medium" title={path}>
        {name}
      </h2>
      <IconButton label={`Download ${name}`} onClick={() => save(contentUrl(place, path))}>
        <Download aria-hidden className="size-4" />
      </IconButton>
    </>
  );
  if (data?.kind === "text") {
    return (
      <TextEditor
        key={content.dataUpdatedAt}
        place={place}
        path={path}
        first={data.text}
        firstEtag={data.etag}
        head={head}
        changes={changes}
        onSaved={onSaved}
        onReload={() => void content.refetch()}
      />
    );
  }
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex shrink-0 items-center gap-1 border-b border-line px-4 py-1.5">{head}</div>
      <div className="min-h-0 flex-1 overflow-auto p-4">
        {content.isError ? (
          <FailurePanel
            error={content.error}
            title={`${name} could not be read`}
            onRetry={() => void content.refetch()}
            busy={content.isFetching}
          />
        ) : data?.kind === "picture" ? (
          <Picture blob={data.blob} name={name} />
        ) : data?.kind === "other" ? (
          <div className="flex flex-col items-start gap-3 text-ink-soft">
            <p>
              {data.why} ({formatBytes(data.size)})
            </p>
            <Button onClick={() => save(contentUrl(place, path))} icon={<Download aria-hidden className="size-4" />}>
              Download
            </Button>
          </div>
        ) : (
          <Bone className="h-40 w-full" />
        )}
      </div>
    </div>
  );
}

function Picture({ blob, name }: { blob: Blob; name: string }) {
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    const made = URL.createObjectURL(blob);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [blob]);
  // An object URL of this page's own: there is nothing for Next to make smaller.
  // biome-ignore lint/performance/noImgElement: see above.
  return url ? <img src={url} alt={name} className="mx-auto max-h-full max-w-full object-contain" /> : null;
}
