import { formatBytes } from "../../format/quantity";
import type { Outputs } from "../../trpc/client";
import { CapacityBar } from "./capacity-bar";

type Agent = Pick<Outputs["agents"]["list"]["agents"][number], "capacity" | "resourceUsage" | "status">;

const GIB = 2 ** 30;
const number = (value: number) => String(Math.round(value * 100) / 100);
const memory = (gib: number) => formatBytes(gib * GIB);
const part = (percent: number | undefined) => (percent === undefined ? null : percent / 100);

/** What a host that is offline said last is nothing of now. */
export const usageNow = ({ status, resourceUsage }: Pick<Agent, "status" | "resourceUsage">) =>
  status === "offline" ? null : resourceUsage;

/** What is reserved of an agent, what its host uses, of what it has. */
export function AgentCapacity({ agent }: { agent: Agent }) {
  const { capacity } = agent;
  const usage = usageNow(agent);
  const { maxCpu, maxMemory, maxSessions, currentSessions, reservedCpu, reservedMemory } = capacity;
  const words = (reserved: string, limit: string | null) => (limit === null ? `${reserved} reserved` : `${reserved} of ${limit} reserved`);
  return (
    <div className="flex flex-col gap-3">
      <CapacityBar
        label="Sessions"
        words={maxSessions === null ? String(currentSessions) : `${currentSessions} of ${maxSessions}`}
        reserved={currentSessions}
        limit={maxSessions}
      />
      <CapacityBar
        label="CPU"
        words={words(number(reservedCpu), maxCpu === null ? null : number(maxCpu))}
        reserved={reservedCpu}
        limit={maxCpu}
        used={part(usage?.cpu)}
      />
      <CapacityBar
        label="Memory"
        words={words(memory(reservedMemory), maxMemory === null ? null : memory(maxMemory))}
        reserved={reservedMemory}
        limit={maxMemory}
        used={part(usage?.memory)}
      />
    </div>
  );
}
