import { CircleAlert } from "lucide-react";
import type { Outputs } from "../../trpc/client";
import { Bone } from "../feedback/skeleton";
import { Considered } from "./placement";

/** Before the launch: where the session would go now, and why there. */
export function WhereItGoes({ explained }: { explained: Outputs["sessions"]["explainPlacement"] | undefined }) {
  const chosen = explained?.placement.chosen;
  const considered = explained?.placement.considered ?? [];
  // What the problem says already isn't said twice.
  const tells = considered.length > 1 || considered.some(({ reason }) => !explained?.problem?.message.includes(reason));
  return (
    <section aria-label="Where it goes" aria-live="polite" className="rounded-lg border border-line bg-surface p-4 text-sm">
      <h2 className="text-sm font-medium">Where it goes</h2>
      {explained ? (
        <>
          {explained.problem ? (
            <p className="mt-1 flex gap-2 text-failed wrap-anywhere">
              <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
              {explained.problem.message}
            </p>
          ) : (
            <p className="mt-1 text-ink-soft wrap-anywhere">
              To <span className="font-medium text-ink">{chosen}</span>, as things are now.
            </p>
          )}
          {tells ? (
            <div className="mt-3 border-t border-line pt-3">
              <Considered considered={considered} />
            </div>
          ) : null}
        </>
      ) : (
        <div className="mt-2 flex flex-col gap-2">
          <Bone className="h-4 w-40" />
          <Bone className="h-4 w-56" />
        </div>
      )}
    </section>
  );
}
