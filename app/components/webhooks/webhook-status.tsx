import { CircleCheck, CircleOff, PauseCircle, TriangleAlert } from "lucide-react";
import { StatusMark } from "../data/status-mark";

interface Condition {
  readonly active: boolean;
  readonly switchedOffAt: string | null;
  readonly failingSince: string | null;
}

export function WebhookStatus({ active, switchedOffAt, failingSince }: Condition) {
  if (!active && switchedOffAt)
    return <StatusMark tone="failed" word="Switched off" icon={CircleOff} title="For days nothing could be delivered to it" />;
  if (!active) return <StatusMark tone="ended" word="Off" icon={PauseCircle} />;
  if (failingSince)
    return <StatusMark tone="warning" word="Failing" icon={TriangleAlert} title="What was sent last did not arrive; it is tried again" />;
  return <StatusMark tone="running" word="On" icon={CircleCheck} />;
}
