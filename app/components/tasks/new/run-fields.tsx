import { cpuWords, memoryWords } from "../../../format/quantity";
import { SelectField, TextAreaField, TextField } from "../../controls/field";
import { type FormParts, textOf } from "./form-parts";
import { ImageFields } from "./image-fields";
import { RowsField } from "./rows-field";

/** A container: its image, what runs in it, and what it may use. */
export function RunFields({ parts }: { parts: FormParts }) {
  const { draft, edit, leave, problem } = parts;
  const ofRow = (list: string) => ({
    problem: (key: number) => problem(`${list}.${key}`),
    whole: problem(list),
    onLeave: (key: number) => leave(`${list}.${key}`),
  });
  return (
    <>
      <ImageFields parts={parts} />
      <TextField label="Name" {...textOf(parts, "name")} hint="Of the container. Stop, remove and logs know it by this." />
      <TextAreaField
        label="Command"
        aside="optional"
        rows={3}
        value={draft.command}
        onChange={({ target }) => edit({ command: target.value })}
        onBlur={() => leave("command")}
        problem={problem("command")}
        spellCheck={false}
        autoCapitalize="none"
        className="font-mono text-xs leading-5"
        hint="One argument a line, or a JSON list; no shell reads it. Left empty, the image’s own."
      />
      <RowsField
        title="Environment"
        one="a variable"
        columns={[
          { name: "name", label: "Name of variable", placeholder: "NAME", width: "14rem" },
          { name: "value", label: "Value of variable", placeholder: "value", width: "minmax(0,1fr)" },
        ]}
        rows={draft.env}
        onChange={(env) => edit({ env })}
        {...ofRow("env")}
        hint="Values are shown nowhere again."
      />
      <RowsField
        title="Ports"
        one="a port"
        columns={[
          { name: "host", label: "Host’s port", placeholder: "8080 on 127.0.0.1", width: "minmax(0,1fr)" },
          { name: "container", label: "Container’s port", placeholder: "80 in the container", width: "minmax(0,1fr)" },
          {
            name: "protocol",
            label: "Protocol of port",
            width: "6rem",
            options: [
              { value: "tcp", label: "tcp" },
              { value: "udp", label: "udp" },
            ],
          },
        ]}
        rows={draft.ports}
        onChange={(ports) => edit({ ports })}
        {...ofRow("ports")}
        hint="Published on 127.0.0.1 of the agent’s host, from 1024 up, and nowhere else."
      />
      <RowsField
        title="Volumes"
        one="a volume"
        columns={[
          { name: "name", label: "Name of volume", placeholder: "app-data", width: "minmax(0,1fr)" },
          { name: "path", label: "Path of volume", placeholder: "/data", width: "minmax(0,1fr)" },
          {
            name: "access",
            label: "Access to volume",
            width: "10.5rem",
            options: [
              { value: "write", label: "read and write" },
              { value: "read", label: "read only" },
            ],
          },
        ]}
        rows={draft.volumes}
        onChange={(volumes) => edit({ volumes })}
        {...ofRow("volumes")}
        hint="By name: one that isn’t there is made, and stays when the container goes."
      />
      <RowsField
        title="Labels"
        one="a label"
        columns={[
          { name: "name", label: "Name of label", placeholder: "team", width: "14rem" },
          { name: "value", label: "Value of label", placeholder: "value", width: "minmax(0,1fr)" },
        ]}
        rows={draft.labels}
        onChange={(labels) => edit({ labels })}
        {...ofRow("labels")}
      />
      <div className="grid grid-cols-1 gap-5 sm:grid-cols-3">
        <TextField
          label="Memory"
          aside="optional"
          placeholder="512Mi"
          {...textOf(parts, "memory")}
          hint={memoryWords(draft.memory.trim() || "512Mi")}
        />
        <TextField label="CPU" aside="optional" placeholder="1" {...textOf(parts, "cpu")} hint={cpuWords(draft.cpu.trim() || "1")} />
        <TextField
          label="Processes"
          aside="optional"
          inputMode="numeric"
          placeholder="256"
          {...textOf(parts, "pidsLimit")}
          hint="At most so many."
        />
      </div>
      <SelectField label="Starts again" value={draft.restart} onChange={({ target }) => edit({ restart: target.value })}>
        <option value="no">Never</option>
        <option value="on-failure">When it fails</option>
        <option value="unless-stopped">Always, until it is stopped</option>
      </SelectField>
    </>
  );
}
