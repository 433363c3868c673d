"use client";
import { Deeds } from "../audit/deeds";

/** What the audit log has of the agent. */
export function AgentEvents({ id }: { id: string }) {
  return (
    <Deeds
      title="Events"
      none="The audit log has nothing of it."
      asked={{ targetId: id, limit: 10, page: 1 }}
      words={({ actorName, actorKind }) => `by ${actorName ?? actorKind}`}
    />
  );
}
