"use client";
import { sessionPolicyFields } from "@berth/protocol/session-policy-fields";
import type { ComponentProps } from "react";
import { cpuWords, durationWords, memoryWords } from "../../format/quantity";
import { CheckField } from "../controls/check-field";
import { SelectField, TextAreaField, TextField } from "../controls/field";
import { Segmented } from "../controls/segmented";
import { Card, Panel } from "../data/panel";
import { IconPicker } from "./icon-picker";
import { policyWords } from "./policy-words";
import type { TemplateDraft } from "./template-draft";
import { TemplateFolders } from "./template-folders";
import { TemplateHealth } from "./template-health";
import { VariableRows } from "./variable-rows";

interface TemplateFieldsProps {
  readonly draft: TemplateDraft;
  readonly isNew: boolean;
  readonly categories: readonly string[];
  readonly edit: (change: Partial<TemplateDraft>) => void;
  /** By the names of the server's fields; undefined while the field was not left yet. */
  readonly problem: (field: string) => string | undefined;
  readonly leave: (field: string) => void;
}

type TextKey = {
  [Key in keyof TemplateDraft]: TemplateDraft[Key] extends string ? (string extends TemplateDraft[Key] ? Key : never) : never;
}[keyof TemplateDraft];

const securityHints = {
  strict: "Not root, no capabilities, a root file system that can’t be written. For images made for it, as Berth’s own are.",
  compatible: "Starts as root with five capabilities and a root that can be written. For public images that need it; you trust them more.",
} as const;

/** All that a template says, in the groups in which people think of it. */
export function TemplateFields({ draft, isNew, categories, edit, problem, leave }: TemplateFieldsProps) {
  const text = (
    key: TextKey,
    field: string,
  ): Pick<ComponentProps<"input">, "value" | "onChange" | "onBlur"> & { problem: string | undefined } => ({
    value: draft[key],
    onChange: (event) => edit({ [key]: event.target.value }),
    onBlur: () => leave(field),
    problem: problem(field),
  });
  const plain = { spellCheck: false, autoComplete: "off", autoCapitalize: "none" } as const;
  return (
    <>
      <Panel title="How it is shown">
        <Card className="flex flex-col gap-5 p-4">
          <div className="grid grid-cols-1 gap-5 sm:grid-cols-2">
            <TextField label="Title" {...text("displayName", "displayName")} autoComplete="off" />
            <TextField label="Category" list="template-categories" {...text("category", "category")} autoComplete="off" />
          </div>
          <datalist id="template-categories">
            {categories.map((category) => (
              <option key={category} value={category} />
            ))}
          </datalist>
          {isNew ? (
            <TextField
              label="Name"
              hint="Lower-case letters, digits and dashes: in addresses and in the API. It can’t be changed later."
              {...text("name", "name")}
              {...plain}
            />
          ) : null}
          <TextAreaField
            label="Description"
            aside="optional"
            rows={3}
            value={draft.description}
            onChange={(event) => edit({ description: event.target.value })}
            onBlur={() => leave("description")}
            problem={problem("description")}
          />
          <TextField label="Tags" aside="optional, with commas between" {...text("tags", "tags")} autoComplete="off" />
          <IconPicker icon={draft.icon} onChange={(icon) => edit({ icon })} />
        </Card>
      </Panel>
      <Panel title="What runs">
        <Card className="flex flex-col gap-5 p-4">
          <TextField
            label="Image"
            placeholder="registry/name:tag"
            hint="As its registry names it."
            {...text("image", "image")}
            {...plain}
          />
          <div className="flex flex-col gap-2">
            <span className="text-sm font-medium">Display</span>
            <div>
              <Segmented
                label="Display"
                value={draft.protocol}
                options={[
                  { value: "rfb", label: "Desktop (RFB)" },
                  { value: "http", label: "Web app (HTTP)" },
                ]}
                onChange={(protocol) => edit({ protocol })}
              />
            </div>
          </div>
          <div className="grid grid-cols-1 gap-5 sm:grid-cols-3">
            <TextField label="Port" inputMode="numeric" {...text("port", "display.port")} {...plain} />
            {draft.protocol === "http" ? (
              <TextField label="Path" {...text("path", "display.path")} {...plain} />
            ) : (
              <>
                <TextField
                  label="Resolution"
                  aside="optional"
                  placeholder="1920x1080"
                  {...text("resolution", "display.resolution")}
                  {...plain}
                />
                <SelectField
                  label="Colour depth"
                  value={draft.colorDepth}
                  onChange={({ target: { value } }) => edit({ colorDepth: value === "16" || value === "24" ? value : "" })}
                >
                  <option value="">The image’s</option>
                  <option value="24">24 bit</option>
                  <option value="16">16 bit</option>
                </SelectField>
              </>
            )}
          </div>
          {draft.protocol === "rfb" ? (
            <CheckField
              label="Display by unix socket"
              hint="The image listens on BERTH_DISPLAY_SOCKET where that is set, as Berth’s own do: nothing else on the host can reach it."
              checked={draft.unixSocket}
              onChange={(unixSocket) => edit({ unixSocket })}
            />
          ) : null}
          <TextField
            label="Ready within (seconds)"
            inputMode="numeric"
            hint="A start whose display isn’t there by then has failed."
            {...text("readyTimeoutSeconds", "readyTimeoutSeconds")}
            {...plain}
          />
          <div className="flex flex-col gap-2">
            <span className="text-sm font-medium">Security</span>
            <div>
              <Segmented
                label="Security"
                value={draft.security}
                options={[
                  { value: "strict", label: "Strict" },
                  { value: "compatible", label: "Compatible" },
                ]}
                onChange={(security) => edit({ security })}
              />
            </div>
            <p className="text-sm text-ink-faint">{securityHints[draft.security]}</p>
          </div>
        </Card>
      </Panel>
      <Panel title="What a session gets">
        <Card className="flex flex-col gap-5 p-4">
          <div className="grid grid-cols-1 gap-5 sm:grid-cols-3">
            <TextField label="Memory" hint={memoryWords(draft.memory)} {...text("memory", "defaultResources.memory")} {...plain} />
            <TextField label="CPU" hint={cpuWords(draft.cpu)} {...text("cpu", "defaultResources.cpu")} {...plain} />
            <TextField
              label="Storage"
              aside="optional"
              hint={draft.storage ? memoryWords(draft.storage) : "not limited"}
              {...text("storage", "defaultResources.storage")}
              {...plain}
            />
            <TextField label="Shared memory" hint={memoryWords(draft.shmSize)} {...text("shmSize", "shmSize")} {...plain} />
            <TextField label="Processes at most" inputMode="numeric" {...text("pidsLimit", "pidsLimit")} {...plain} />
          </div>
          <CheckField
            label="Keeps its home"
            hint="A volume of its own, which outlives hibernation and the session."
            checked={draft.persistentHome}
            onChange={(persistentHome) => edit({ persistentHome })}
          />
          <div className="grid grid-cols-1 gap-5 sm:grid-cols-3">
            <TextField label="Home folder" {...text("homePath", "homePath")} {...plain} />
            <TextField
              label="Hibernates when idle"
              hint={`${durationWords(draft.idleTimeout)}; 0 is never`}
              {...text("idleTimeout", "idleTimeout")}
              {...plain}
            />
            <SelectField
              label="Hibernates by"
              value={draft.hibernateMode}
              onChange={({ target: { value } }) => edit({ hibernateMode: value === "freeze" ? "freeze" : "stop" })}
              hint={draft.hibernateMode === "stop" ? "Frees memory and CPU; programs end." : "Frees the CPU; programs stay as they are."}
            >
              <option value="stop">Stopping</option>
              <option value="freeze">Freezing</option>
            </SelectField>
          </div>
        </Card>
      </Panel>
      <TemplateFolders
        folders={draft.folders}
        edit={(change) => edit({ folders: { ...draft.folders, ...change } })}
        problem={problem}
        leave={leave}
      />
      <Panel title="Where its sessions go">
        <Card className="grid grid-cols-1 gap-5 p-4 sm:grid-cols-3">
          <TextField
            label="Agent labels"
            aside="optional"
            placeholder="gpu=yes"
            hint="With commas between: an agent must have all of them."
            {...text("agentLabels", "placement.labels")}
            {...plain}
          />
          <TextField
            label="Agent capabilities"
            aside="optional"
            hint="With commas between: all of them too."
            {...text("agentCapabilities", "placement.capabilities")}
            {...plain}
          />
          <SelectField
            label="Placement"
            value={draft.strategy}
            onChange={({ target: { value } }) => edit({ strategy: value === "spread" || value === "pack" ? value : "" })}
            hint={draft.strategy === "pack" ? "On the fullest agent that fits." : "Unless a session asks for another."}
          >
            <option value="">As configured</option>
            <option value="spread">Spread</option>
            <option value="pack">Pack</option>
          </SelectField>
        </Card>
      </Panel>
      <TemplateHealth
        health={draft.health}
        protocol={draft.protocol}
        edit={(change) => edit({ health: { ...draft.health, ...change } })}
        problem={problem}
        leave={leave}
      />
      <Panel title="What its screen allows">
        <Card className="flex flex-col gap-4 p-4">
          {sessionPolicyFields.map((field) => (
            <CheckField
              key={field}
              label={policyWords[field]}
              checked={draft.policy[field]}
              onChange={(allowed) => edit({ policy: { ...draft.policy, [field]: allowed } })}
            />
          ))}
        </Card>
      </Panel>
      <Panel title="Variables">
        <Card className="p-4">
          <VariableRows
            rows={draft.environment}
            problem={(key) => problem(`environment.${key}`)}
            onChange={(environment) => edit({ environment })}
            onLeave={(key) => leave(`environment.${key}`)}
          />
          {problem("environment") ? <p className="mt-2 text-sm text-failed">{problem("environment")}</p> : null}
        </Card>
      </Panel>
    </>
  );
}
