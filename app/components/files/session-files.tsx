"use client";
import { FolderX } from "lucide-react";
import { useState } from "react";
import type { Outputs } from "../../trpc/client";
import { EmptyState } from "../feedback/empty-state";
import { useCurrentUser } from "../shell/user-context";
import { ReasonForm } from "../viewer/reason-form";
import { FilesBrowser } from "./files-browser";

type Detail = Outputs["sessions"]["get"];

/** What is in a session's folders. Another person's are opened for a reason, which they see. */
export function SessionFiles({ session }: { session: Detail }) {
  const user = useCurrentUser();
  const own = session.user === user.username;
  const [reason, setReason] = useState<string | null>(null);
  const { phase } = session.status;
  const resting = phase === "Hibernated" && session.homeId !== null;
  if (phase !== "Running" && !resting) {
    return (
      <div className="p-4">
        <EmptyState icon={<FolderX aria-hidden />} title="Its files are out of reach">
          Files are reached while the session runs, and those of its home while it is hibernated; it is {phase.toLowerCase()} now.
        </EmptyState>
      </div>
    );
  }
  if (!own && reason === null) {
    return (
      <div className="overflow-y-auto p-4">
        <ReasonForm owner={session.user} what="session" onReason={setReason} />
      </div>
    );
  }
  return <FilesBrowser place={{ sessionId: session.id, reason: own ? null : reason }} />;
}
