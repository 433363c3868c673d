import { placeWords, type QueuePlace, queueWords } from "@berth/protocol/queue-words";
import type { SessionPhase } from "@berth/protocol/session-states";
import { HeartPulse } from "lucide-react";
import { StatusMark } from "../data/status-mark";
import { phaseLook } from "./session-phase";

interface SessionStatusProps {
  session: {
    readonly status: {
      readonly phase: SessionPhase;
      readonly message: string;
      readonly progress: { readonly percent: number | null } | null;
      /** It waits for room. */
      readonly queue: QueuePlace | null;
    };
    /** What its probes say. */
    readonly health?: { readonly status: string; readonly reason: string | null };
  };
}

export function SessionStatus({ session }: SessionStatusProps) {
  const { phase, message, progress, queue } = session.status;
  const { tone, word, icon, moving } = phaseLook[phase];
  if (phase === "Running" && session.health?.status === "unhealthy")
    return <StatusMark tone="warning" word="Unhealthy" icon={HeartPulse} title={session.health.reason ?? undefined} />;
  const percent = moving && progress?.percent != null ? ` ${Math.round(progress.percent)} %` : "";
  return <StatusMark tone={tone} word={queue ? waiting(queue) : `${word}${percent}`} icon={icon} title={message || undefined} />;
}

/** As much as a column has room for; the message behind it has all. */
const waiting = (queue: QueuePlace): string => `Waits, ${queue.of < 100 ? queueWords(queue) : placeWords(queue)}`;
