import { Check, X } from "lucide-react";
import type { Outputs } from "../../trpc/client";
import { Panel } from "../data/panel";

type Placed = NonNullable<Outputs["sessions"]["get"]["placement"]>;
/** Of a large fleet the others are folded away. */
const SHOWN = 6;

/** Why this agent, and why not the others. */
export function Placement({ placement }: { placement: Placed }) {
  return (
    <Panel title="Placement">
      <Considered considered={placement.considered} omitted={placement.omitted} />
    </Panel>
  );
}

export function Considered({ considered, omitted = 0 }: { considered: Placed["considered"]; omitted?: number }) {
  const sorted = [...considered].sort((a, b) => Number(b.chosen) - Number(a.chosen));
  const more = sorted.length - SHOWN;
  return (
    <div className="flex flex-col gap-2">
      <Reasons considered={sorted.slice(0, SHOWN)} />
      {more > 0 || omitted > 0 ? (
        <details>
          <summary className="rounded text-sm text-ink-soft hover:text-ink">{more + omitted} more</summary>
          <div className="mt-2">
            <Reasons considered={sorted.slice(SHOWN)} />
            {omitted > 0 ? <p className="mt-2 text-ink-soft">and {omitted} other agents, whose reasons were not kept</p> : null}
          </div>
        </details>
      ) : null}
    </div>
  );
}

function Reasons({ considered }: { considered: Placed["considered"] }) {
  return (
    <ul className="flex flex-col gap-2">
      {considered.map(({ agent, chosen, reason }) => (
        <li key={agent} className="flex gap-2">
          {chosen ? (
            <Check aria-label="chosen" className="mt-1 size-3.5 shrink-0 text-running" />
          ) : (
            <X aria-label="not chosen" className="mt-1 size-3.5 shrink-0 text-ink-faint" />
          )}
          <span className="min-w-0 wrap-anywhere">
            <span className="font-medium">{agent}</span> <span className="text-ink-soft">{reason}</span>
          </span>
        </li>
      ))}
    </ul>
  );
}
