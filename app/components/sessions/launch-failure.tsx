import { CircleX, Hourglass } from "lucide-react";
import { readFailure } from "../../errors/read-failure";
import { Button } from "../controls/button";
import { FailureCodes } from "../feedback/failure-panel";

interface Considered {
  readonly agent: string;
  readonly chosen: boolean;
  readonly reason: string;
}

/** Why a session could not be made, and for each agent why it was not taken. */
export function LaunchFailure({ error, onWait = null }: { error: unknown; onWait?: (() => void) | null }) {
  const failure = readFailure(error);
  const considered = readConsidered(failure.details.considered);
  return (
    <div role="alert" className="rounded-md border border-failed/40 bg-failed-soft p-3 text-sm">
      <p className="font-medium wrap-anywhere">{failure.message}</p>
      {considered.length > 0 ? <WhyNot considered={considered} /> : null}
      {onWait ? (
        <Button size="small" className="mt-2" icon={<Hourglass aria-hidden className="size-4" />} onClick={onWait}>
          Wait for room
        </Button>
      ) : null}
      <FailureCodes code={failure.code} requestId={failure.requestId} />
    </div>
  );
}

export function WhyNot({ considered }: { considered: readonly Considered[] }) {
  return (
    <ul className="mt-2 flex flex-col gap-1">
      {considered.map(({ agent, reason }) => (
        <li key={agent} className="flex gap-2 wrap-anywhere">
          <CircleX aria-hidden className="mt-1 size-3.5 shrink-0 text-failed" />
          <span>
            <span className="font-medium">{agent}</span>: {reason}
          </span>
        </li>
      ))}
    </ul>
  );
}

function readConsidered(value: unknown): Considered[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: unknown) => {
    if (typeof entry !== "object" || entry === null) return [];
    const agent: unknown = Reflect.get(entry, "agent");
    const reason: unknown = Reflect.get(entry, "reason");
    return typeof agent === "string" && typeof reason === "string"
      ? [{ agent, reason, chosen: Reflect.get(entry, "chosen") === true }]
      : [];
  });
}
