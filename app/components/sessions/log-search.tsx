"use client";
import { ChevronDown, ChevronUp, Search } from "lucide-react";
import { IconButton } from "../controls/button";

interface LogSearchProps {
  readonly words: string;
  readonly onWords: (words: string) => void;
  /** Lines that were found. */
  readonly count: number;
  /** Which of them one is at, from 0; null: none yet. */
  readonly at: number | null;
  readonly onStep: (step: 1 | -1) => void;
}

/** Enter goes to the next line, with Shift to the one before. */
export function LogSearch({ words, onWords, count, at, onStep }: LogSearchProps) {
  const none = count === 0;
  return (
    <div className="flex min-w-0 basis-56 items-center max-sm:basis-full">
      <div className="relative min-w-0 flex-1">
        <Search aria-hidden className="pointer-events-none absolute top-1.5 left-2 size-4 text-ink-faint" />
        <input
          type="search"
          aria-label="Search the log"
          placeholder="Search"
          value={words}
          spellCheck={false}
          onChange={(event) => onWords(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            event.preventDefault();
            onStep(event.shiftKey ? -1 : 1);
          }}
          className="h-7 w-full rounded border border-line-strong/70 bg-surface pr-2 pl-7 placeholder:text-ink-faint"
        />
      </div>
      {words === "" ? null : (
        <>
          <span role="status" className="ml-2 whitespace-nowrap text-ink-soft tabular">
            {none ? "Not found" : `${at === null ? "" : `${at + 1} of `}${count}`}
          </span>
          <IconButton label="Line before" disabled={none} onClick={() => onStep(-1)}>
            <ChevronUp aria-hidden className="size-4" />
          </IconButton>
          <IconButton label="Next line" disabled={none} onClick={() => onStep(1)}>
            <ChevronDown aria-hidden className="size-4" />
          </IconButton>
        </>
      )}
    </div>
  );
}
