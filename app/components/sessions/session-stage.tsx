"use client";
import { AppWindow, Lock, Play, Sun } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { counted, durationWords } from "../../format/quantity";
import type { Outputs } from "../../trpc/client";
import { Button, ButtonLink } from "../controls/button";
import { Elapsed } from "../data/relative-time";
import { lazyPart } from "../lazy-part";
import { isAdmin, useCurrentUser } from "../shell/user-context";
import { OpenApp } from "../viewer/open-app";
import { ReasonForm } from "../viewer/reason-form";
import { Considered } from "./placement";
import { phaseLook } from "./session-phase";
import { StartTimeline } from "./start-timeline";
import type { SessionActions } from "./use-session-actions";

const StrandedStage = lazyPart(() => import("./stranded-stage").then((module) => module.StrandedStage));

type Detail = Outputs["sessions"]["get"];

interface SessionStageProps {
  session: Detail;
  actions: SessionActions;
  needsReason: boolean;
  reason: string | undefined;
  onReason: (reason: string) => void;
}

/** What stands where the desktop would be: why it isn't there, and what to do next. */
export function SessionStage({ session, actions, needsReason, reason, onReason }: SessionStageProps) {
  return (
    <div className="flex min-h-0 flex-1 items-center justify-center overflow-y-auto bg-canvas p-4" aria-live="polite">
      <StageContent session={session} actions={actions} needsReason={needsReason} reason={reason} onReason={onReason} />
    </div>
  );
}

function StageContent({ session, actions, needsReason, reason, onReason }: SessionStageProps) {
  const user = useCurrentUser();
  const { phase, message, progress, code, queue } = session.status;
  const newOne = (
    <ButtonLink href={`/sessions/new?template=${encodeURIComponent(session.template)}`} icon={<Play aria-hidden className="size-4" />}>
      New session like this
    </ButtonLink>
  );
  const wake = session.may.wake ? (
    <Button look="primary" busy={actions.asked === "running"} onClick={actions.wake} icon={<Sun aria-hidden className="size-4" />}>
      Wake
    </Button>
  ) : null;

  if (session.stranded) return <StrandedStage session={session} />;
  switch (phase) {
    case "Pending":
    case "Starting":
    case "Waking":
      if (queue) {
        return (
          <StageCard phase={phase} title={message} text="It starts by itself as soon as an agent can take it. You need not stay.">
            {session.placement ? <Considered considered={session.placement.considered} omitted={session.placement.omitted} /> : null}
          </StageCard>
        );
      }
      return (
        <StageCard phase={phase} title={phase === "Waking" ? "Waking up" : phase === "Pending" ? "Queued" : "Starting"} text={message}>
          <StartTimeline sessionId={session.id} progress={progressWords(progress)} underWay />
        </StageCard>
      );
    case "Running":
      if (!session.may.view && !session.may.control) {
        return (
          <StageCard
            phase={phase}
            icon={<Lock aria-hidden className="size-5 text-ink-soft" />}
            title="You may not see this screen"
            text={`It belongs to ${session.user}. Your role may see and change its state, not what it shows.`}
          />
        );
      }
      if (needsReason) return <ReasonForm owner={session.user} onReason={onReason} />;
      return (
        <StageCard
          phase={phase}
          icon={<AppWindow aria-hidden className="size-5 text-ink-soft" />}
          title={`${session.templateDisplayName} is ready`}
          text="It is a web app and opens in a tab of its own."
        >
          <OpenApp sessionId={session.id} name={session.name} reason={reason} />
        </StageCard>
      );
    case "Hibernating":
    case "Terminating":
      return (
        <StageCard
          phase={phase}
          title={phase === "Hibernating" ? "Hibernating" : "Terminating"}
          text={
            session.wentIdle && phase === "Hibernating"
              ? `Nobody used it for ${durationWords(session.idleTimeout)}.`
              : (progressWords(progress) ?? (message || "The agent was asked and is at work."))
          }
        >
          <p className="text-sm text-ink-faint">
            Since <Elapsed since={session.updatedAt} />
          </p>
        </StageCard>
      );
    case "Hibernated":
      return (
        <StageCard
          phase={phase}
          title={session.wentIdle ? `Hibernated after ${durationWords(session.idleTimeout)} without input` : "Hibernated"}
          text={
            session.hibernateMode === "freeze"
              ? "Its processes are frozen in memory and go on where they were."
              : "Its processes have ended; its home is kept. It starts again in seconds."
          }
        >
          <div>{wake}</div>
        </StageCard>
      );
    case "Failed":
      return (
        <StageCard
          phase={phase}
          title={session.state === "terminated" ? "The start failed" : "It ended by itself"}
          text={message}
          code={code}
        >
          {code === "IMAGE_PULL_DENIED" ? <RegistryAdvice /> : null}
          <StartTimeline sessionId={session.id} progress={null} underWay={false} />
          <div className="flex flex-wrap gap-2">
            {wake}
            {session.user === user.username ? newOne : null}
          </div>
        </StageCard>
      );
    case "Terminated":
      return (
        <StageCard
          phase={phase}
          title="Terminated"
          text={
            session.persistentHome && session.homeId
              ? "Its home is kept; a new session can use it."
              : "Nothing is left of it but this page."
          }
        >
          <div className="flex flex-wrap gap-2">
            {newOne}
            {session.persistentHome && session.homeId ? <ButtonLink href="/homes">Homes</ButtonLink> : null}
          </div>
        </StageCard>
      );
    case "Unreachable":
      return (
        <StageCard
          phase={phase}
          title={`Agent ${session.agentId ?? ""} can’t be reached`}
          text={message || "The session goes on there. Its screen comes back by itself when the agent does."}
          code={code}
        />
      );
  }
}

/** Passwords of registries are an administrator's matter. */
function RegistryAdvice() {
  return isAdmin(useCurrentUser()) ? (
    <p className="text-sm text-ink-soft">
      Agents sign in with what is kept in Settings,{" "}
      <Link href="/settings/registries" className="rounded underline decoration-line-strong underline-offset-2 hover:decoration-current">
        Registries
      </Link>
      . Put it right there, and start again.
    </p>
  ) : (
    <p className="text-sm text-ink-soft">Ask an administrator: passwords of registries are theirs to set.</p>
  );
}

function progressWords(progress: Detail["status"]["progress"]): string | null {
  if (!progress) return null;
  return progress.percent === null
    ? progress.message
    : `${progress.message} (${counted(Math.round(progress.percent), "percent", "percent")})`;
}

interface StageCardProps {
  phase: Detail["status"]["phase"];
  title: string;
  text?: string;
  code?: string | null;
  icon?: ReactNode;
  children?: ReactNode;
}

const iconTone = {
  running: "text-running",
  moving: "text-moving",
  hibernated: "text-hibernated",
  warning: "text-warning",
  failed: "text-failed",
  ended: "text-ink-faint",
};

function StageCard({ phase, title, text, code, icon, children }: StageCardProps) {
  const { icon: Icon, tone, moving } = phaseLook[phase];
  return (
    <div className="flex w-full max-w-md flex-col gap-4 rounded-xl border border-line bg-surface p-5">
      <div className="flex items-start gap-3">
        <span className="mt-0.5 shrink-0">
          {icon ?? <Icon aria-hidden className={`size-5 ${iconTone[tone]} ${moving ? "animate-breathe" : ""}`} />}
        </span>
        <div className="min-w-0">
          <h2 className="text-lg font-medium wrap-anywhere">{title}</h2>
          {text ? <p className="mt-0.5 text-ink-soft wrap-anywhere">{text}</p> : null}
          {code ? <p className="mt-1 font-mono text-xs text-ink-faint">{code}</p> : null}
        </div>
      </div>
      {children}
    </div>
  );
}
