"use client";
import type { Outputs } from "../../trpc/client";
import { Button } from "../controls/button";
import { Panel } from "../data/panel";
import { RelativeTime } from "../data/relative-time";
import { changeWords, shortTag, updateWords, type Wish, wishOf } from "./update-words";

type Versions = Outputs["containers"]["versions"];

/** Every update that was asked for, how it ended, and the way back. */
export function VersionHistory({ versions, onAsk }: { versions: Versions; onAsk: ((wish: Wish) => void) | null }) {
  const ended = versions.history.filter(({ finishedAt }) => finishedAt !== null);
  if (ended.length === 0)
    return (
      <Panel title="History">
        <p className="text-ink-soft">It was never updated: it has what it was started from.</p>
      </Panel>
    );
  return (
    <Panel title="History">
      <ol aria-label="Updates" className="divide-y divide-line overflow-hidden rounded-lg border border-line bg-surface">
        {ended.map(({ id, status, message, from, to, by, createdAt }) => {
          const back =
            onAsk && status === "done" && from.image !== versions.current.image && !from.image.startsWith("sha256:")
              ? from.templateVersion === to.templateVersion
                ? { ...wishOf(from.image, from.tag), label: shortTag(from.tag) }
                : { templateVersion: from.templateVersion, label: `version ${from.templateVersion} of the template` }
              : null;
          return (
            <li key={id} className="flex flex-col gap-1 px-4 py-2.5">
              <span className="flex flex-wrap items-baseline justify-between gap-x-3">
                <span className={`font-medium ${status === "failed" ? "text-failed" : status === "rolled_back" ? "text-warning" : ""}`}>
                  {updateWords[status]}
                </span>
                <span className="text-sm text-ink-soft">
                  {by ?? "Someone"} · <RelativeTime at={createdAt} />
                </span>
              </span>
              <span className="text-sm wrap-anywhere text-ink-soft">{changeWords(from, to)}</span>
              {status === "done" ? null : <span className="text-sm wrap-anywhere">{message}</span>}
              {back && onAsk ? (
                <span>
                  <Button size="small" onClick={() => onAsk(back)}>
                    Roll back to {back.label}
                  </Button>
                </span>
              ) : null}
            </li>
          );
        })}
      </ol>
    </Panel>
  );
}
