"use client";
import { ArrowDown, ArrowUp, Download, Ellipsis, File, FileSymlink, Folder, Pencil, Trash2 } from "lucide-react";
import { formatBytes } from "../../format/quantity";
import type { Outputs } from "../../trpc/client";
import { IconButton } from "../controls/button";
import { Menu } from "../controls/menu";
import { MenuItem, MenuSeparator } from "../controls/menu-items";
import { PressButton } from "../controls/press-button";
import { RelativeTime } from "../data/relative-time";
import { archiveUrl, entryUrl, type FilePlace, type FileSort, isFolder, joinPath } from "./file-paths";

export type Entry = Outputs["files"]["list"]["entries"][number];
export type FileDeed = { readonly kind: "makeFolder" | "makeFile" } | { readonly kind: "rename" | "remove"; readonly entry: Entry };

interface FileRowsProps {
  place: FilePlace;
  folder: string;
  writable: boolean;
  entries: readonly Entry[];
  sort: { by: FileSort; descending: boolean };
  onSort: (by: FileSort) => void;
  onFolder: (path: string) => void;
  onFile: (path: string) => void;
  onDeed: (deed: FileDeed) => void;
}

const heads: readonly { by: FileSort; label: string; className: string }[] = [
  { by: "name", label: "Name", className: "text-left" },
  { by: "size", label: "Size", className: "w-24 text-right max-sm:hidden" },
  { by: "modifiedAt", label: "Changed", className: "w-32 text-right" },
];

export function FileRows({ place, folder, writable, entries, sort, onSort, onFolder, onFile, onDeed }: FileRowsProps) {
  const open = (entry: Entry) => {
    const path = joinPath(folder, entry.name);
    if (isFolder(entry)) onFolder(path);
    else onFile(path);
  };
  return (
    <table className="w-full table-fixed border-collapse text-base">
      <thead>
        <tr className="border-b border-line text-sm text-ink-soft">
          {heads.map(({ by, label, className }) => (
            <th
              key={by}
              scope="col"
              aria-sort={sort.by === by ? (sort.descending ? "descending" : "ascending") : undefined}
              className={`px-4 py-1 font-normal ${className}`}
            >
              <PressButton className="inline-flex items-center gap-1 rounded px-1 hover:text-ink" onClick={() => onSort(by)}>
                {label}
                {sort.by === by ? <SortMark descending={sort.descending} /> : null}
              </PressButton>
            </th>
          ))}
          <th scope="col" className="w-12">
            <span className="sr-only">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {entries.map((entry) => (
          <tr key={entry.rawName ?? entry.name} className="border-b border-line/60 hover:bg-hover">
            <td className="px-4 py-1">
              <PressButton
                disabled={entry.rawName !== null || entry.kind === "other"}
                onClick={() => open(entry)}
                className="flex w-full min-w-0 items-center gap-2 rounded py-0.5 text-left disabled:text-ink-soft"
              >
                <EntryIcon entry={entry} />
                <span className="truncate" title={entry.target === null ? entry.name : `${entry.name} → ${entry.target}`}>
                  {entry.name}
                </span>
              </PressButton>
            </td>
            <td className="px-4 text-right text-sm text-ink-soft tabular max-sm:hidden">
              {isFolder(entry) ? "" : formatBytes(entry.size)}
            </td>
            <td className="px-4 text-right text-sm text-ink-soft">
              <RelativeTime at={entry.modifiedAt} />
            </td>
            <td className="pr-2 text-right">
              <Menu
                trigger={
                  <IconButton label={`Actions for ${entry.name}`} disabled={entry.kind === "other" && !writable}>
                    <Ellipsis aria-hidden className="size-4" />
                  </IconButton>
                }
              >
                {entry.kind === "folder" && entry.rawName === null ? (
                  (["zip", "tar"] as const).map((kind) => (
                    <MenuItem
                      key={kind}
                      icon={<Download aria-hidden className="size-4" />}
                      onSelect={() => save(archiveUrl(place, joinPath(folder, entry.name), kind))}
                    >
                      Download as {kind}
                    </MenuItem>
                  ))
                ) : entry.kind === "file" || entry.targetKind === "file" ? (
                  <MenuItem icon={<Download aria-hidden className="size-4" />} onSelect={() => save(entryUrl(place, folder, entry))}>
                    Download
                  </MenuItem>
                ) : null}
                {writable && entry.rawName === null ? (
                  <MenuItem icon={<Pencil aria-hidden className="size-4" />} onSelect={() => onDeed({ kind: "rename", entry })}>
                    Rename or move…
                  </MenuItem>
                ) : null}
                {writable ? (
                  <>
                    <MenuSeparator />
                    <MenuItem danger icon={<Trash2 aria-hidden className="size-4" />} onSelect={() => onDeed({ kind: "remove", entry })}>
                      Delete…
                    </MenuItem>
                  </>
                ) : null}
              </Menu>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function SortMark({ descending }: { descending: boolean }) {
  return descending ? <ArrowDown aria-hidden className="size-3" /> : <ArrowUp aria-hidden className="size-3" />;
}

function EntryIcon({ entry }: { entry: Entry }) {
  if (entry.kind === "link") return <FileSymlink aria-label="Link" className="size-4 shrink-0 text-ink-soft" />;
  if (entry.kind === "folder") return <Folder aria-label="Folder" className="size-4 shrink-0 text-accent" />;
  return <File aria-hidden className="size-4 shrink-0 text-ink-soft" />;
}

/** As an attachment: the page stays. */
export function save(url: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = "";
  link.click();
}
