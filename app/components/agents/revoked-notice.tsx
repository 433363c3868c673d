import Link from "next/link";
import { counted } from "../../format/quantity";
import type { Outputs } from "../../trpc/client";
import { RelativeTime } from "../data/relative-time";
import { Notice } from "../feedback/notice";

/** What is left of an agent whose access was taken back, and what can be done about it. */
export function RevokedNotice({ agent }: { agent: Outputs["agents"]["get"] }) {
  const { revokedAt, sessions, agentId } = agent;
  if (!revokedAt) return null;
  const left = sessions.filter(({ state }) => state !== "terminated").length;
  return (
    <Notice tone="warning">
      <p className="font-medium">
        Its access was revoked <RelativeTime at={revokedAt} />. Nothing is asked of it any more.
      </p>
      <p className="mt-1 text-sm">
        {left > 0
          ? `${counted(left, "session")} of it may still run on the host. Add the host again as “${agentId}” and adopt them, or remove them.`
          : "It is listed as long as homes, orphans or tasks of its last day are told of by it."}{" "}
        <Link href="/agents/add" className="underline underline-offset-2">
          Add agent
        </Link>
      </p>
    </Notice>
  );
}
