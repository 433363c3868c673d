"use client";
import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "../../trpc/client";
import { Notice } from "../feedback/notice";

/** Tells the owner that an administrator looks at their screen, and why, for as long as it lasts. */
export function VisitBanner({ sessionId }: { sessionId: string }) {
  const trpc = useTRPC();
  const { data } = useQuery(trpc.sessions.viewers.queryOptions({ id: sessionId }));
  const visits = data?.viewers.filter((viewer) => viewer.visit === "admin" && !viewer.you) ?? [];
  return (
    <div aria-live="polite">
      {visits.map((visit) => (
        <Notice key={visit.key} tone="warning">
          <strong className="font-medium">{visit.name}</strong>, an administrator, {visit.controls ? "controls" : "sees"} this screen:{" "}
          {visit.reason ?? "no reason was given"}
        </Notice>
      ))}
    </div>
  );
}
