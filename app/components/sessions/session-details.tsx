"use client";
import Link from "next/link";
import { cpuWords, durationWords, memoryWords } from "../../format/quantity";
import type { Outputs } from "../../trpc/client";
import { Badge } from "../data/badge";
import { CopyText } from "../data/copy-text";
import { Fact, Facts } from "../data/facts";
import { RelativeTime } from "../data/relative-time";
import { isOperator, useCurrentUser } from "../shell/user-context";
import { Placement } from "./placement";
import { SessionRules } from "./session-rules";

type Detail = Outputs["sessions"]["get"];

export function SessionDetails({ session }: { session: Detail }) {
  const user = useCurrentUser();
  const { status } = session;
  return (
    <div className="flex flex-col gap-6">
      <Facts>
        <Fact name="Template">
          {session.templateDisplayName} <span className="text-ink-faint">version {session.templateVersion}</span>
        </Fact>
        <Fact name="Owner">{session.user}</Fact>
        <Fact name="Agent">
          {session.agentId === null ? (
            "not placed"
          ) : isOperator(user) ? (
            <Link
              href={`/agents/${encodeURIComponent(session.stranded?.agent ?? session.agentId)}`}
              className="rounded underline decoration-line-strong underline-offset-2 hover:decoration-current"
            >
              {session.agentId}
            </Link>
          ) : (
            session.agentId
          )}
        </Fact>
        <Fact name="Resources">
          <span className="tabular">
            {memoryWords(session.resources.memory)} · {cpuWords(session.resources.cpu)}
          </span>
        </Fact>
        <Fact name="Home">
          {session.homeId === null
            ? "none: files are lost when it ends"
            : session.persistentHome
              ? "kept when the session ends"
              : "lasts as long as the session"}
        </Fact>
        <Fact name="Hibernates when idle">
          {session.idleTimeout === "0" ? "never" : `after ${durationWords(session.idleTimeout)}`}
          {session.display.protocol === "http" ? " without requests" : ""}
        </Fact>
        <Fact name="Hibernation">
          {session.hibernateMode === "freeze" ? "freezes its processes in memory" : "ends its processes and keeps its home"}
        </Fact>
        <Fact name="Security">
          {session.security === "strict" ? (
            "strict: no root, no capabilities, read-only system"
          ) : (
            <Badge tone="warning">compatible: five capabilities, writable system</Badge>
          )}
        </Fact>
        <Fact name="Created">
          <RelativeTime at={session.createdAt} />
        </Fact>
        {status.startedAt ? (
          <Fact name="Started">
            <RelativeTime at={status.startedAt} />
          </Fact>
        ) : null}
        <Fact name="Last input">
          <RelativeTime at={session.lastActivityAt} />
        </Fact>
        {session.tags.length > 0 ? (
          <Fact name="Tags">
            <span className="flex flex-wrap gap-1">
              {session.tags.map((tag) => (
                <Badge key={tag}>{tag}</Badge>
              ))}
            </span>
          </Fact>
        ) : null}
        <Fact name="Session id">
          <CopyText text={session.id} shown={session.id.slice(0, 8)} label="session id" />
        </Fact>
        {status.containerId ? (
          <Fact name="Container">
            <CopyText text={status.containerId} shown={status.containerId.slice(0, 12)} label="container id" />
          </Fact>
        ) : null}
      </Facts>
      {session.display.protocol === "rfb" ? <SessionRules session={session} /> : null}
      {session.placement ? <Placement placement={session.placement} /> : null}
    </div>
  );
}
