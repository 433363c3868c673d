import { TextField } from "../../controls/field";
import { type FormParts, textOf } from "./form-parts";

/** When, how urgently and how often. */
export function AdvancedFields({ parts, timeout }: { parts: FormParts; timeout: number }) {
  const { draft } = parts;
  const asked = [draft.priority, draft.timeout, draft.notBefore, draft.retries].some((text) => text !== "");
  return (
    <details className="rounded-lg border border-line p-4" open={asked || undefined}>
      <summary className="rounded text-sm font-medium">When, how urgently, how often</summary>
      <div className="mt-3 grid grid-cols-1 gap-5 sm:grid-cols-2">
        <TextField
          label="Priority"
          aside="optional"
          inputMode="text"
          placeholder="0"
          {...textOf(parts, "priority")}
          hint="−100 to 100: the higher, the sooner."
        />
        <TextField
          label="Time limit in seconds"
          aside="optional"
          inputMode="numeric"
          placeholder={String(timeout)}
          {...textOf(parts, "timeout")}
          hint="From handing out to its end, of each run."
        />
        <TextField
          label="Not before"
          aside="optional"
          type="datetime-local"
          {...textOf(parts, "notBefore")}
          hint="In the time zone of this browser."
        />
        <TextField
          label="Tries again"
          aside="optional"
          inputMode="numeric"
          placeholder="0"
          {...textOf(parts, "retries")}
          hint="So often after a failure that may pass, later each time."
        />
      </div>
    </details>
  );
}
