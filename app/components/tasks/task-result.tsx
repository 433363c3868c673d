import type { ReactNode } from "react";
import type { TaskKind } from "../../../server/modules/tasks/tasks-schema";
import { counted, formatBytes } from "../../format/quantity";
import { CopyText } from "../data/copy-text";
import { Fact, Facts } from "../data/facts";
import { Card } from "../data/panel";
import { isTrueAt, numberAt, type Read, recordsAt, textAt } from "./record-reading";

/** What an agent answered. */
export function TaskResult({ kind, result }: { kind: TaskKind; result: Read }) {
  if (kind === "docker.logs") return <PrintedLines result={result} />;
  const [container, image, exit] = [textAt(result, "containerId"), textAt(result, "imageId"), numberAt(result, "exitCode")];
  const [containers, images, freed] = [numberAt(result, "containers"), numberAt(result, "images"), numberAt(result, "bytesFreed")];
  const facts: [string, ReactNode][] = [
    ["Container", container && <CopyText text={container} shown={container.slice(0, 12)} label="container id" />],
    ["Image", image && <CopyText text={image} shown={image.replace(/^sha256:/, "").slice(0, 32)} label="image id" />],
    ["Made", "made" in result && (isTrueAt(result, "made") ? "by this task" : "before, by the same task")],
    ["Ended with", exit !== null && `exit code ${exit}`],
    ["Removed", "removed" in result && (isTrueAt(result, "removed") ? "yes" : "there was none")],
    ["Cleared away", containers !== null && `${counted(containers, "container")}, ${counted(images ?? 0, "image")}`],
    ["Space freed", freed !== null && formatBytes(freed)],
  ];
  const told = facts.filter(([, fact]) => fact);
  return (
    <Card className="p-4">
      {told.length > 0 ? (
        <Facts columns>
          {told.map(([name, fact]) => (
            <Fact key={name} name={name}>
              {fact}
            </Fact>
          ))}
        </Facts>
      ) : (
        <p className="text-ink-soft">Its agent said nothing beyond that it is done.</p>
      )}
    </Card>
  );
}

function PrintedLines({ result }: { result: Read }) {
  const lines = recordsAt(result, "lines");
  if (lines.length === 0) return <p className="text-ink-soft">The container has printed nothing.</p>;
  return (
    <div className="flex flex-col gap-2">
      <div
        role="log"
        aria-label="What the container printed"
        aria-live="off"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by keyboard too
        tabIndex={0}
        className="max-h-96 overflow-y-auto rounded-lg border border-line bg-sunken px-4 py-2 font-mono text-xs leading-5"
      >
        {lines.map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines have nothing else, and stay as they are
          <div key={index} className="whitespace-pre-wrap wrap-anywhere">
            {textAt(line, "text") || " "}
          </div>
        ))}
      </div>
      {isTrueAt(result, "cut") ? <p className="text-sm text-ink-faint">There is more than is shown here: ask for fewer lines.</p> : null}
    </div>
  );
}
