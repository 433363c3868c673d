"use client";
import { useQuery } from "@tanstack/react-query";
import { Eye, EyeOff, FilePlus2, FolderOpen, FolderPlus, FolderUp, RotateCw, Upload } from "lucide-react";
import { type DragEvent, useEffect, useRef, useState } from "react";
import { useTRPC } from "../../trpc/client";
import { Button, IconButton } from "../controls/button";
import { Menu } from "../controls/menu";
import { MenuItem } from "../controls/menu-items";
import { PressButton } from "../controls/press-button";
import { EmptyState } from "../feedback/empty-state";
import { FailurePanel } from "../feedback/failure-panel";
import { Bone } from "../feedback/skeleton";
import { lazyInBrowser } from "../lazy-part";
import { chosenFiles, type DroppedFile, droppedFiles } from "./dropped-files";
import { crumbsOf, type FilePlace, type FileSort, joinPath, sorted } from "./file-paths";
import { type FileDeed, FileRows } from "./file-rows";
import { UploadList } from "./upload-list";
import { uploadsOf } from "./uploads-store";
import { useFileChanges } from "./use-file-changes";

const FileDeeds = lazyInBrowser(() => import("./file-deeds").then((module) => module.FileDeeds));
const FileView = lazyInBrowser(() => import("./file-view").then((module) => module.FileView));

/** Rows that are drawn at once. */
const SHOWN = 500;

/** The folders of one session: to look through, to put files into and to take them out. */
export function FilesBrowser({ place }: { place: FilePlace }) {
  const trpc = useTRPC();
  const { sessionId, reason } = place;
  const [path, setPath] = useState<string | null>(null);
  const [sort, setSort] = useState<{ by: FileSort; descending: boolean }>({ by: "name", descending: false });
  const [hidden, setHidden] = useState(false);
  const [shown, setShown] = useState(SHOWN);
  const [opened, setOpened] = useState<string | null>(null);
  const [deed, setDeed] = useState<FileDeed | null>(null);
  const [dragged, setDragged] = useState(false);
  const input = { id: sessionId, ...(path === null ? {} : { path }), ...(reason === null ? {} : { reason }) };
  const listing = useQuery({ ...trpc.files.list.queryOptions(input), retry: false, staleTime: 0 });
  const uploads = uploadsOf(sessionId);
  const { refetch } = listing;
  const changes = useFileChanges({ place, shown: listing.data?.path ?? null, opened, onShownChanged: refetch });
  useEffect(() => uploads.whenDone(() => void refetch()), [uploads, refetch]);

  const go = (to: string) => {
    setPath(to);
    setShown(SHOWN);
    setOpened(null);
  };
  const folder = listing.data?.path ?? path;
  const put = (files: readonly DroppedFile[]) => {
    if (folder === null) return;
    for (const one of files) uploads.add(place, joinPath(folder, one.path), one.file);
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setDragged(false);
    void droppedFiles(event.dataTransfer).then(put);
  };

  if (opened !== null)
    return <FileView place={place} path={opened} changes={changes} onClose={() => setOpened(null)} onSaved={() => void refetch()} />;
  const { data } = listing;
  const entries = data ? sorted(data.entries, sort.by, sort.descending).filter(({ name }) => hidden || !name.startsWith(".")) : [];
  const writable = data?.writable ?? false;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is one way of several; the button does the same.
    <div
      className={`flex min-h-0 flex-1 flex-col ${dragged ? "bg-accent/10 outline-2 -outline-offset-2 outline-accent" : ""}`}
      onDragOver={(event) => {
        if (!writable) return;
        event.preventDefault();
        setDragged(true);
      }}
      onDragLeave={() => setDragged(false)}
      onDrop={writable ? drop : undefined}
    >
      <div className="flex shrink-0 flex-wrap items-center gap-1 border-b border-line px-4 py-1.5">
        <Crumbs path={folder} roots={data?.roots ?? []} onGo={go} />
        <span className="ml-auto flex items-center">
          <IconButton label="Show hidden files" pressed={hidden} onClick={() => setHidden(!hidden)}>
            {hidden ? <Eye aria-hidden className="size-4" /> : <EyeOff aria-hidden className="size-4" />}
          </IconButton>
          <IconButton label="Read the folder again" onClick={() => void refetch()}>
            <RotateCw aria-hidden className={`size-4 ${listing.isFetching ? "animate-spin" : ""}`} />
          </IconButton>
          <IconButton label="New folder" disabled={!writable} onClick={() => setDeed({ kind: "makeFolder" })}>
            <FolderPlus aria-hidden className="size-4" />
          </IconButton>
          <IconButton label="New file" disabled={!writable} onClick={() => setDeed({ kind: "makeFile" })}>
            <FilePlus2 aria-hidden className="size-4" />
          </IconButton>
          <UploadMenu disabled={!writable} onFiles={put} />
        </span>
      </div>
      <UploadList store={uploads} />
      <div className="min-h-0 flex-1 overflow-y-auto">
        {listing.isError ? (
          <div className="p-4">
            <FailurePanel
              error={listing.error}
              title="The folder could not be read"
              onRetry={() => void refetch()}
              busy={listing.isFetching}
            >
              {path === null ? null : (
                <Button size="small" className="mt-2" onClick={() => setPath(null)}>
                  Go to the first folder
                </Button>
              )}
            </FailurePanel>
          </div>
        ) : !data ? (
          <div className="flex flex-col gap-3 p-4">
            {["a", "b", "c"].map((row) => (
              <Bone key={row} className="h-5 w-full" />
            ))}
          </div>
        ) : entries.length === 0 ? (
          <div className="p-4">
            <EmptyState icon={<FolderOpen aria-hidden />} title={data.entries.length > 0 ? "Only hidden files here" : "Nothing here"}>
              {writable ? "Drop files here, or press Upload." : "This folder is open for reading only."}
            </EmptyState>
          </div>
        ) : (
          <FileRows
            place={place}
            folder={data.path}
            writable={writable}
            entries={entries.slice(0, shown)}
            sort={sort}
            onSort={(by) => setSort({ by, descending: sort.by === by && !sort.descending })}
            onFolder={go}
            onFile={setOpened}
            onDeed={setDeed}
          />
        )}
        {entries.length > shown ? (
          <p className="p-4 text-center">
            <Button size="small" onClick={() => setShown(shown + SHOWN)}>
              Show more ({entries.length - shown} not shown)
            </Button>
          </p>
        ) : null}
        {data?.nextCursor ? <p className="p-4 text-center text-ink-soft">This folder has more than can be shown here.</p> : null}
      </div>
      {deed && data ? (
        <FileDeeds
          place={place}
          folder={data.path}
          deed={deed}
          onDone={(made) => {
            setDeed(null);
            void refetch();
            if (made) setOpened(made);
          }}
          onClose={() => setDeed(null)}
        />
      ) : null}
    </div>
  );
}

function Crumbs({ path, roots, onGo }: { path: string | null; roots: readonly { path: string }[]; onGo: (path: string) => void }) {
  if (path === null) return <Bone className="h-5 w-40" />;
  const crumbs = crumbsOf(path, roots);
  const others = roots.filter((root) => root.path !== crumbs[0]?.path);
  return (
    <nav aria-label="Folder" className="flex min-w-0 flex-wrap items-center gap-x-1 text-sm">
      {crumbs.map(({ name, path: to }, index) => (
        <span key={to} className="flex items-center gap-1">
          {index > 0 ? <span className="text-ink-faint">/</span> : null}
          <PressButton
            onClick={() => onGo(to)}
            aria-current={index === crumbs.length - 1 ? "page" : undefined}
            className={`rounded px-1 py-0.5 wrap-anywhere hover:bg-hover ${index === crumbs.length - 1 ? "font-medium" : "text-ink-soft"}`}
          >
            {name}
          </PressButton>
        </span>
      ))}
      {others.length > 0 ? (
        <Menu
          align="start"
          trigger={
            <IconButton label="Other folders">
              <FolderOpen aria-hidden className="size-4" />
            </IconButton>
          }
        >
          {others.map((root) => (
            <MenuItem key={root.path} onSelect={() => onGo(root.path)}>
              {root.path}
            </MenuItem>
          ))}
        </Menu>
      ) : null}
    </nav>
  );
}

function UploadMenu({ disabled, onFiles }: { disabled: boolean; onFiles: (files: readonly DroppedFile[]) => void }) {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  // Asked when the menu is there, which is never on the server: phones' browsers have no way to choose one.
  const takesFolders = typeof HTMLInputElement === "undefined" || "webkitdirectory" in HTMLInputElement.prototype;
  return (
    <>
      {[files, folder].map((ref, index) => (
        <input
          key={index === 0 ? "files" : "folder"}
          ref={(element) => {
            ref.current = element;
            if (index === 1) element?.setAttribute("webkitdirectory", "");
          }}
          type="file"
          multiple
          hidden
          aria-label={index === 0 ? "Files to upload" : "Folder to upload"}
          onChange={(event) => {
            onFiles(chosenFiles(event.target.files));
            event.target.value = "";
          }}
        />
      ))}
      <Menu
        trigger={
          <Button size="small" className="ml-1" disabled={disabled} icon={<Upload aria-hidden className="size-3.5" />}>
            Upload
          </Button>
        }
      >
        <MenuItem icon={<Upload aria-hidden className="size-4" />} onSelect={() => files.current?.click()}>
          Files…
        </MenuItem>
        <MenuItem icon={<FolderUp aria-hidden className="size-4" />} disabled={!takesFolders} onSelect={() => folder.current?.click()}>
          {takesFolders ? "A folder…" : "This browser can't choose folders"}
        </MenuItem>
      </Menu>
    </>
  );
}
