"use client";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { readFailure } from "../../errors/read-failure";
import { useTRPC } from "../../trpc/client";
import { Button } from "../controls/button";
import { ConfirmDialog } from "../controls/confirm-dialog";
import { Dialog } from "../controls/dialog";
import { TextField } from "../controls/field";
import { useToasts } from "../feedback/toasts";
import { contentUrl, entryUrl, type FilePlace, joinPath } from "./file-paths";
import { fetchFile } from "./file-requests";
import type { Entry, FileDeed } from "./file-rows";

interface FileDeedsProps {
  place: FilePlace;
  folder: string;
  deed: FileDeed;
  /** `made`: the path of a new file. */
  onDone: (made?: string) => void;
  onClose: () => void;
}

/** The dialog of what is about to be done in a folder. */
export function FileDeeds({ place, folder, deed, onDone, onClose }: FileDeedsProps) {
  const trpc = useTRPC();
  const { sessionId: id, reason } = place;
  const why = reason === null ? {} : { reason };
  const toasts = useToasts();
  const makeFolder = useMutation(trpc.files.makeFolder.mutationOptions());
  const move = useMutation(trpc.files.move.mutationOptions());
  if (deed.kind === "remove")
    return <RemoveDialog place={place} folder={folder} entry={deed.entry} onDone={() => onDone()} onClose={onClose} />;
  const there = deed.kind === "rename" ? joinPath(folder, deed.entry.name) : null;
  const words = {
    makeFolder: { title: "New folder", label: "Name", action: "Make the folder" },
    makeFile: { title: "New file", label: "Name", action: "Make the file" },
    rename: { title: `Rename or move ${deed.kind === "rename" ? deed.entry.name : ""}`, label: "New name, or a path", action: "Rename" },
  }[deed.kind];
  const act = async (name: string): Promise<void> => {
    const path = name.startsWith("/") ? name : joinPath(folder, name);
    if (deed.kind === "makeFolder") await makeFolder.mutateAsync({ id, path, ...why });
    else if (there !== null) await move.mutateAsync({ id, from: there, to: path, ...why });
    else {
      await fetchFile(contentUrl(place, path), { method: "PUT", body: "", headers: { "If-None-Match": "*" } });
      return onDone(path);
    }
    if (there !== null) toasts.done(`${deed.kind === "rename" ? deed.entry.name : ""} is ${path} now`);
    onDone();
  };
  return <NameDialog {...words} first={deed.kind === "rename" ? deed.entry.name : ""} act={act} onClose={onClose} />;
}

interface NameDialogProps {
  title: string;
  label: string;
  action: string;
  first: string;
  act: (name: string) => Promise<void>;
  onClose: () => void;
}

function NameDialog({ title, label, action, first, act, onClose }: NameDialogProps) {
  const [name, setName] = useState(first);
  const [problem, setProblem] = useState<string | undefined>();
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() === "") return setProblem("Give it a name");
    setBusy(true);
    try {
      await act(name);
    } catch (error) {
      setProblem(readFailure(error).message);
      setBusy(false);
    }
  };
  return (
    <Dialog open onClose={onClose} title={title}>
      <form method="post" onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
        <TextField
          label={label}
          value={name}
          onChange={(event) => setName(event.target.value)}
          problem={problem}
          autoComplete="off"
          spellCheck={false}
          autoFocus
          maxLength={1000}
        />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={busy}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

interface RemoveDialogProps {
  place: FilePlace;
  folder: string;
  entry: Entry;
  onDone: () => void;
  onClose: () => void;
}

function RemoveDialog({ place, folder, entry, onDone, onClose }: RemoveDialogProps) {
  const toasts = useToasts();
  const [busy, setBusy] = useState(false);
  const isFolder = entry.kind === "folder";
  const remove = async () => {
    setBusy(true);
    try {
      const url = entryUrl(place, folder, entry);
      await fetchFile(isFolder ? `${url}${url.includes("?") ? "&" : "?"}recursive=1` : url, { method: "DELETE" });
      onDone();
    } catch (error) {
      toasts.failed(`${entry.name} was not deleted`, error);
      onClose();
    }
  };
  return (
    <ConfirmDialog open onClose={onClose} onConfirm={() => void remove()} title={`Delete ${entry.name}?`} action="Delete" busy={busy}>
      {isFolder ? "The folder and all that is in it will be gone." : "It will be gone."} There is no bin to take it out of again.
    </ConfirmDialog>
  );
}
