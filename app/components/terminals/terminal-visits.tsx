"use client";
import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "../../trpc/client";
import { Notice } from "../feedback/notice";

/** Tells the owner that an administrator has a terminal in their session, and why, for as long as it lasts. */
export function TerminalVisits({ sessionId }: { sessionId: string }) {
  const trpc = useTRPC();
  const { data } = useQuery(trpc.terminals.visits.queryOptions({ id: sessionId }));
  return (
    <div aria-live="polite">
      {data?.visits.map(({ key, name, reason }) => (
        <Notice key={key} tone="warning">
          <strong className="font-medium">{name}</strong>, an administrator, has a terminal in this session:{" "}
          {reason || "no reason was given"}
        </Notice>
      ))}
    </div>
  );
}
