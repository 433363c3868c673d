import type { SessionPhase } from "@berth/protocol/session-states";
import { StatusMark } from "../data/status-mark";
import { phaseLook } from "./session-phase";

interface SessionStatusProps {
  session: {
    readonly status: {
      readonly phase: SessionPhase;
      readonly message: string;
      readonly progress: { readonly percent: number | null } | null;
    };
  };
}

export function SessionStatus({ session }: SessionStatusProps) {
  const { phase, message, progress } = session.status;
  const { tone, word, icon, moving } = phaseLook[phase];
  const percent = moving && progress?.percent != null ? ` ${Math.round(progress.percent)} %` : "";
  return <StatusMark tone={tone} word={`${word}${percent}`} icon={icon} title={message || undefined} />;
}
