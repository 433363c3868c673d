import { CheckField } from "../controls/check-field";
import { SelectField, TextField } from "../controls/field";
import type { LaunchDraft } from "./launch-draft";

interface LaunchPlaceProps {
  readonly draft: LaunchDraft;
  readonly onEdit: (change: Partial<LaunchDraft>) => void;
  readonly onLeave: (field: string) => () => void;
  readonly problem: (field: string) => string | undefined;
}

/** What an agent must have to take it, for those who care. */
export function LaunchPlace({ draft, onEdit, onLeave, problem }: LaunchPlaceProps) {
  const asked = draft.agentLabels !== "" || draft.agentCapabilities !== "" || draft.strategy !== "";
  return (
    <details className="rounded-lg border border-line p-4" open={asked || undefined}>
      <summary className="rounded text-sm font-medium">Which agents may take it</summary>
      <div className="mt-3 grid grid-cols-1 gap-5 sm:grid-cols-3">
        <TextField
          label="Labels"
          aside="optional"
          placeholder="gpu=yes, zone=a"
          value={draft.agentLabels}
          onChange={(event) => onEdit({ agentLabels: event.target.value })}
          onBlur={onLeave("agentLabels")}
          problem={problem("agentLabels")}
          hint="All of them, beside the template’s."
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
        />
        <TextField
          label="Capabilities"
          aside="optional"
          value={draft.agentCapabilities}
          onChange={(event) => onEdit({ agentCapabilities: event.target.value })}
          onBlur={onLeave("agentCapabilities")}
          problem={problem("agentCapabilities")}
          hint="With commas between."
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
        />
        <SelectField
          label="Of those that fit"
          value={draft.strategy}
          onChange={({ target: { value } }) => onEdit({ strategy: value === "spread" || value === "pack" ? value : "" })}
        >
          <option value="">Default</option>
          <option value="spread">The least loaded</option>
          <option value="pack">The fullest</option>
        </SelectField>
      </div>
    </details>
  );
}

/** Shown where there is no room now. */
export function WaitForRoom({ draft, onEdit, waiting }: Pick<LaunchPlaceProps, "draft" | "onEdit"> & { readonly waiting: number }) {
  const before = waiting === 0 ? "Nobody waits yet." : waiting === 1 ? "One session waits already." : `${waiting} sessions wait already.`;
  return (
    <CheckField
      label="Wait for room"
      hint={`It starts by itself as soon as an agent can take it. ${before}`}
      checked={draft.queue}
      onChange={(queue) => onEdit({ queue })}
    />
  );
}
