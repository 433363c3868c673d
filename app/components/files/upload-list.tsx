"use client";
import { RotateCw, X } from "lucide-react";
import { useSyncExternalStore } from "react";
import { formatBytes } from "../../format/quantity";
import { Button, IconButton } from "../controls/button";
import { nameOf } from "./file-paths";
import type { Upload, uploadsOf } from "./uploads-store";

const NONE: readonly Upload[] = [];
/** Of many, these are drawn; the others are counted. */
const SHOWN = 5;

/** Uploads that are under way, or ended: how far, and how to end them or go on. */
export function UploadList({ store }: { store: ReturnType<typeof uploadsOf> }) {
  const uploads = useSyncExternalStore(store.subscribe, store.snapshot, () => NONE);
  if (uploads.length === 0) return null;
  const done = uploads.filter(({ state }) => state === "done").length;
  const first = [...uploads].sort((a, b) => order[a.state] - order[b.state]).slice(0, SHOWN);
  const finished = done === uploads.length;
  return (
    <section aria-label="Uploads" className="shrink-0 border-b border-line bg-sunken px-4 py-2 text-sm">
      <div className="flex items-center gap-2">
        <p role="status" className="font-medium">
          {finished ? `${done} uploaded` : `${done} of ${uploads.length} uploaded`}
        </p>
        {finished ? (
          <Button size="small" className="ml-auto" onClick={() => uploads.forEach(({ id }) => void store.dismiss(id))}>
            Clear
          </Button>
        ) : null}
      </div>
      {finished ? null : (
        <ul className="mt-1 flex flex-col gap-1">
          {first.map((upload) => (
            <UploadRow key={upload.id} upload={upload} store={store} />
          ))}
          {uploads.length > SHOWN ? <li className="text-ink-soft">and {uploads.length - SHOWN} more</li> : null}
        </ul>
      )}
    </section>
  );
}

const order: Readonly<Record<Upload["state"], number>> = { taken: 0, failed: 1, sending: 2, waiting: 3, done: 4 };

function UploadRow({ upload, store }: { upload: Upload; store: ReturnType<typeof uploadsOf> }) {
  const { id, path, state, sent, size, problem } = upload;
  const name = nameOf(path);
  return (
    <li className="flex flex-wrap items-center gap-x-2">
      <span className="min-w-0 flex-1 truncate" title={path}>
        {name}
      </span>
      {state === "sending" ? (
        <>
          <progress aria-label={`Upload of ${name}`} value={sent} max={Math.max(1, size)} className="h-1.5 w-24 accent-accent" />
          <span className="text-ink-soft tabular">
            {formatBytes(sent)} of {formatBytes(size)}
          </span>
        </>
      ) : null}
      {state === "waiting" ? <span className="text-ink-soft">waits</span> : null}
      {state === "done" ? <span className="text-ink-soft">done</span> : null}
      {state === "taken" ? (
        <Button size="small" onClick={() => store.retry(id, true)}>
          Replace the one that is there
        </Button>
      ) : null}
      {state === "failed" ? (
        <IconButton label={`Try ${name} again`} onClick={() => store.retry(id)}>
          <RotateCw aria-hidden className="size-3.5" />
        </IconButton>
      ) : null}
      <IconButton label={state === "done" ? `Hide ${name}` : `Cancel the upload of ${name}`} onClick={() => store.dismiss(id)}>
        <X aria-hidden className="size-3.5" />
      </IconButton>
      {problem ? (
        <p role="alert" className="w-full text-failed wrap-anywhere">
          {problem}
        </p>
      ) : null}
    </li>
  );
}
