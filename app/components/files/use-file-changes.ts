"use client";
import { useSubscription } from "@trpc/tanstack-react-query";
import { useEffect, useState } from "react";
import { useTRPC } from "../../trpc/client";
import { type FilePlace, isIn } from "./file-paths";

interface Watched {
  readonly place: FilePlace;
  /** The folder that is shown; null while there is none. */
  readonly shown: string | null;
  /** The file that is open. */
  readonly opened: string | null;
  readonly onShownChanged: () => unknown;
}

/** Follows what becomes of the session's files: has the folder that is shown read again, and counts the changes of the file that is open. */
export function useFileChanges({ place, shown, opened, onShownChanged }: Watched): number {
  const trpc = useTRPC();
  const { sessionId, reason } = place;
  const [count, setCount] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another file has its own count.
  useEffect(() => setCount(0), [opened]);
  useSubscription(
    trpc.files.changes.subscriptionOptions(
      { id: sessionId, ...(reason === null ? {} : { reason }) },
      {
        enabled: shown !== null,
        onData: ({ changes, partial }) => {
          if (shown !== null && (partial || changes.some(({ path }) => isIn(path, shown)))) onShownChanged();
          if (changes.some(({ path }) => path === opened)) setCount((before) => before + 1);
        },
      },
    ),
  );
  return count;
}
