"use client";
import { CheckField } from "../controls/check-field";
import { SelectField, TextAreaField, TextField } from "../controls/field";
import { Card, Panel } from "../data/panel";
import type { FoldersDraft } from "./folders-draft";

interface TemplateFoldersProps {
  readonly folders: FoldersDraft;
  readonly edit: (change: Partial<FoldersDraft>) => void;
  /** By the names of the server's fields. */
  readonly problem: (field: string) => string | undefined;
  readonly leave: (field: string) => void;
}

/** Which folders of a session may be touched through Berth, and whether its program reads its configuration again. */
export function TemplateFolders({ folders, edit, problem, leave }: TemplateFoldersProps) {
  const wired = (key: "writablePaths" | "readOnlyPaths" | "configDir" | "instructionsDir" | "reloadProcess") => ({
    value: folders[key],
    problem: problem(`accessParameters.${key}`),
    onBlur: () => leave(`accessParameters.${key}`),
    spellCheck: false,
    autoComplete: "off",
    autoCapitalize: "none",
  });
  return (
    <Panel title="Its files">
      <Card className="flex flex-col gap-5 p-4">
        <div className="grid grid-cols-1 gap-5 sm:grid-cols-2">
          <TextAreaField
            label="Folders to write to"
            aside="optional"
            rows={3}
            hint="One a line. None: the home alone."
            onChange={(event) => edit({ writablePaths: event.target.value })}
            {...wired("writablePaths")}
          />
          <TextAreaField
            label="Folders to read only"
            aside="optional"
            rows={3}
            hint="One a line."
            onChange={(event) => edit({ readOnlyPaths: event.target.value })}
            {...wired("readOnlyPaths")}
          />
          <TextField
            label="Configuration folder"
            aside={folders.supportsHotReload ? undefined : "optional"}
            placeholder="/home/user/.config/app"
            hint="May be written to as well."
            onChange={(event) => edit({ configDir: event.target.value })}
            {...wired("configDir")}
          />
          <TextField
            label="Instructions folder"
            aside="optional"
            hint="May be written to as well."
            onChange={(event) => edit({ instructionsDir: event.target.value })}
            {...wired("instructionsDir")}
          />
        </div>
        <CheckField
          label="Reads its configuration again"
          hint="When something in the configuration folder changes, its program is sent a signal."
          checked={folders.supportsHotReload}
          onChange={(supportsHotReload) => edit({ supportsHotReload })}
        />
        {folders.supportsHotReload ? (
          <div className="grid grid-cols-1 gap-5 sm:grid-cols-2">
            <SelectField
              label="Signal"
              value={folders.reloadSignal}
              onChange={({ target: { value } }) => edit({ reloadSignal: value === "USR1" || value === "USR2" ? value : "HUP" })}
              hint="A program that isn’t made for it ends by it."
            >
              <option value="HUP">HUP</option>
              <option value="USR1">USR1</option>
              <option value="USR2">USR2</option>
            </SelectField>
            <TextField
              label="Program"
              aside="optional"
              placeholder="nginx"
              hint="Its name, without its folder. None: the container’s main process."
              onChange={(event) => edit({ reloadProcess: event.target.value })}
              {...wired("reloadProcess")}
            />
          </div>
        ) : null}
      </Card>
    </Panel>
  );
}
