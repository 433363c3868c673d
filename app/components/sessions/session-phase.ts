import type { SessionPhase } from "@berth/protocol/session-states";
import { CircleCheck, CircleDashed, CircleOff, CircleX, LoaderCircle, type LucideIcon, MoonStar, Unplug } from "lucide-react";
import type { StateTone } from "../data/status-mark";

interface PhaseLook {
  readonly tone: StateTone;
  readonly word: string;
  readonly icon: LucideIcon;
  /** On its way to another phase by itself. */
  readonly moving: boolean;
}

const look = (tone: StateTone, word: string, icon: LucideIcon, moving = false): PhaseLook => ({ tone, word, icon, moving });

export const phaseLook: Readonly<Record<SessionPhase, PhaseLook>> = {
  Pending: look("moving", "Queued", CircleDashed, true),
  Starting: look("moving", "Starting", LoaderCircle, true),
  Running: look("running", "Running", CircleCheck),
  Hibernating: look("moving", "Hibernating", LoaderCircle, true),
  Hibernated: look("hibernated", "Hibernated", MoonStar),
  Waking: look("moving", "Waking", LoaderCircle, true),
  Terminating: look("moving", "Terminating", LoaderCircle, true),
  Terminated: look("ended", "Terminated", CircleOff),
  Failed: look("failed", "Failed", CircleX),
  Unreachable: look("warning", "Unreachable", Unplug),
};
