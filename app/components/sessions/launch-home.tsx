import { formatBytes } from "../../format/quantity";
import type { Outputs } from "../../trpc/client";
import { SelectField } from "../controls/field";
import { Segmented } from "../controls/segmented";
import type { LaunchDraft } from "./launch-draft";

type Home = Outputs["homes"]["list"]["homes"][number];
type Snapshot = Outputs["snapshots"]["list"]["snapshots"][number];

const choices = [
  { value: "new", label: "New" },
  { value: "existing", label: "Existing" },
  { value: "snapshot", label: "From a snapshot" },
  { value: "none", label: "None" },
] as const;
const hints: Record<LaunchDraft["home"], string> = {
  new: "A volume of its own. It is kept when the session ends.",
  existing: "The files of an earlier session. The session runs on the agent that holds them.",
  snapshot: "A new home that begins as a snapshot’s copy. The session runs on the agent that holds it.",
  none: "Files are lost when the session hibernates or ends.",
};

interface LaunchHomeProps {
  draft: Pick<LaunchDraft, "home" | "homeId" | "snapshotId">;
  /** The person's own that nobody uses; undefined: not known yet. */
  homes: readonly Home[] | undefined;
  /** The person's own that a session can begin from. */
  snapshots: readonly Snapshot[] | undefined;
  problem: string | undefined;
  onEdit: (change: Partial<LaunchDraft>) => void;
  onLeave: () => void;
}

/** Whose files the session begins with. */
export function LaunchHome({ draft, homes, snapshots, problem, onEdit, onLeave }: LaunchHomeProps) {
  const offered = choices.filter(({ value }) => value !== "snapshot" || draft.home === "snapshot" || (snapshots?.length ?? 0) > 0);
  return (
    <div className="flex flex-col gap-2">
      <span className="text-sm font-medium">Home</span>
      <div>
        <Segmented label="Home" value={draft.home} options={offered} onChange={(home) => onEdit({ home })} />
      </div>
      <p className="text-sm text-ink-faint">{hints[draft.home]}</p>
      {draft.home === "existing" ? (
        <SelectField
          label="Which home"
          value={draft.homeId}
          onChange={(event) => onEdit({ homeId: event.target.value })}
          onBlur={onLeave}
          problem={problem}
          hint={homes?.length === 0 ? "No home of yours is free. A home is free when no session uses it." : undefined}
        >
          <option value="">Choose…</option>
          {draft.homeId && !homes?.some(({ id }) => id === draft.homeId) ? (
            <option value={draft.homeId}>{homes ? "A home that is not free" : "…"}</option>
          ) : null}
          {(homes ?? []).map((home) => (
            <option key={home.id} value={home.id}>
              {home.name} on {home.agentId}
              {home.sizeBytes === null ? "" : ` (${formatBytes(home.sizeBytes)})`}
            </option>
          ))}
        </SelectField>
      ) : null}
      {draft.home === "snapshot" ? (
        <SelectField
          label="Which snapshot"
          value={draft.snapshotId}
          onChange={(event) => onEdit({ snapshotId: event.target.value })}
          onBlur={onLeave}
          problem={problem}
        >
          <option value="">Choose…</option>
          {draft.snapshotId && !snapshots?.some(({ id }) => id === draft.snapshotId) ? (
            <option value={draft.snapshotId}>{snapshots ? "A snapshot that is not ready" : "…"}</option>
          ) : null}
          {(snapshots ?? []).map((snapshot) => (
            <option key={snapshot.id} value={snapshot.id}>
              {snapshot.name} of {snapshot.sessionName}
              {snapshot.sizeBytes === null ? "" : ` (${formatBytes(snapshot.sizeBytes)})`}
            </option>
          ))}
        </SelectField>
      ) : null}
    </div>
  );
}
