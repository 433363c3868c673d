import type { Content } from "./template-diff";

type AccessParameters = Content["accessParameters"];

/** The form's words on what of a session's files is open, as they are typed. */
export interface FoldersDraft {
  /** A folder a line; empty: the home. */
  readonly writablePaths: string;
  readonly readOnlyPaths: string;
  readonly configDir: string;
  readonly instructionsDir: string;
  readonly supportsHotReload: boolean;
  readonly reloadSignal: "HUP" | "USR1" | "USR2";
  /** Empty: the main process. */
  readonly reloadProcess: string;
}

const lines = (folders: readonly string[] | undefined): string => (folders ?? []).join("\n");
const foldersIn = (text: string): string[] => text.split("\n").flatMap((line) => line.trim() || []);

export const foldersDraftOf = (access: AccessParameters): FoldersDraft => ({
  writablePaths: lines(access.writablePaths),
  readOnlyPaths: lines(access.readOnlyPaths),
  configDir: access.configDir ?? "",
  instructionsDir: access.instructionsDir ?? "",
  supportsHotReload: access.supportsHotReload ?? false,
  reloadSignal: access.reloadSignal ?? "HUP",
  reloadProcess: access.reloadProcess ?? "",
});

/** What is left empty isn't there; so a template that says nothing of its files is no other by having been in the form. */
export function accessOfDraft(draft: FoldersDraft): AccessParameters {
  const [writable, readOnly] = [foldersIn(draft.writablePaths), foldersIn(draft.readOnlyPaths)];
  const [configDir, instructionsDir, reloadProcess] = [draft.configDir.trim(), draft.instructionsDir.trim(), draft.reloadProcess.trim()];
  return {
    ...(writable.length > 0 ? { writablePaths: writable } : {}),
    ...(readOnly.length > 0 ? { readOnlyPaths: readOnly } : {}),
    ...(configDir ? { configDir } : {}),
    ...(instructionsDir ? { instructionsDir } : {}),
    ...(draft.supportsHotReload
      ? {
          supportsHotReload: true,
          ...(draft.reloadSignal === "HUP" ? {} : { reloadSignal: draft.reloadSignal }),
          ...(reloadProcess ? { reloadProcess } : {}),
        }
      : {}),
  };
}
