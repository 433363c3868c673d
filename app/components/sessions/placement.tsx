import { Check, X } from "lucide-react";
import type { Outputs } from "../../trpc/client";
import { Panel } from "../data/panel";

/** Why this agent, and why not the others. */
export function Placement({ placement }: { placement: NonNullable<Outputs["sessions"]["get"]["placement"]> }) {
  return (
    <Panel title="Placement">
      <ul className="flex flex-col gap-2">
        {placement.considered.map(({ agent, chosen, reason }) => (
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
    </Panel>
  );
}
