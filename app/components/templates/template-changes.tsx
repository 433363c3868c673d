import { ArrowRight, Minus, Plus } from "lucide-react";
import { type Content, type FieldChange, templateDiff } from "./template-diff";

const marks = {
  added: { icon: Plus, word: "added", tone: "text-running" },
  removed: { icon: Minus, word: "removed", tone: "text-failed" },
  changed: { icon: ArrowRight, word: "changed", tone: "text-moving" },
} as const;

/** What differs between two contents, a field a line. */
export function TemplateChanges({ before, after, label }: { before: Content; after: Content; label: string }) {
  const changes = templateDiff(before, after);
  if (changes.length === 0) return <p className="text-ink-soft">Nothing differs.</p>;
  return (
    <ul aria-label={label} className="divide-y divide-line overflow-hidden rounded-lg border border-line bg-surface">
      {changes.map((change) => (
        <Change key={change.field} change={change} />
      ))}
    </ul>
  );
}

function Change({ change: { field, kind, before, after } }: { change: FieldChange }) {
  const { icon: Icon, word, tone } = marks[kind];
  return (
    <li className="grid grid-cols-1 gap-x-4 gap-y-1 px-4 py-2.5 sm:grid-cols-[11rem_1fr]">
      <span className="flex min-w-0 items-start gap-2 text-sm font-medium">
        <Icon aria-hidden className={`mt-0.5 size-3.5 shrink-0 ${tone}`} />
        <span className="min-w-0 wrap-anywhere">
          {field} <span className="sr-only">{word}</span>
        </span>
      </span>
      <span className="flex min-w-0 flex-col gap-1">
        {before === null ? null : (
          <del className="max-h-40 min-w-0 overflow-y-auto rounded bg-failed-soft px-1.5 whitespace-pre-wrap wrap-anywhere text-failed decoration-failed/50">
            {before || "(empty)"}
          </del>
        )}
        {after === null ? null : (
          <ins className="max-h-40 min-w-0 overflow-y-auto rounded bg-running-soft px-1.5 whitespace-pre-wrap wrap-anywhere text-running no-underline">
            {after || "(empty)"}
          </ins>
        )}
      </span>
    </li>
  );
}
