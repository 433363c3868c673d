import type { AgentStatus as Status } from "@berth/protocol/session-states";
import { CircleCheck, CircleSlash, Droplets, TriangleAlert } from "lucide-react";
import { type StateTone, StatusMark } from "../data/status-mark";

const looks: Readonly<Record<Status, { tone: StateTone; word: string; icon: typeof CircleCheck }>> = {
  online: { tone: "running", word: "Online", icon: CircleCheck },
  degraded: { tone: "warning", word: "Degraded", icon: TriangleAlert },
  draining: { tone: "moving", word: "Draining", icon: Droplets },
  offline: { tone: "failed", word: "Offline", icon: CircleSlash },
};

export function AgentStatus({ status, reason }: { status: Status; reason: string | null }) {
  return <StatusMark {...looks[status]} title={reason ?? undefined} />;
}
