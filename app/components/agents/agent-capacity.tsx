import { formatBytes } from "../../format/quantity";
import type { Outputs } from "../../trpc/client";
import { Meter } from "../data/meter";

type Capacity = Outputs["agents"]["list"]["agents"][number]["capacity"];

const GIB = 2 ** 30;
const number = (value: number) => String(Math.round(value * 100) / 100);

/** What is reserved of an agent, of what it has. */
export function AgentCapacity({ capacity }: { capacity: Capacity }) {
  const { maxCpu, maxMemory, maxSessions, currentSessions, reservedCpu, reservedMemory } = capacity;
  return (
    <div className="flex flex-col gap-3">
      <Meter
        label="Sessions"
        words={maxSessions === null ? String(currentSessions) : `${currentSessions} of ${maxSessions}`}
        used={currentSessions}
        limit={maxSessions}
      />
      <Meter
        label="CPU reserved"
        words={maxCpu === null ? number(reservedCpu) : `${number(reservedCpu)} of ${number(maxCpu)}`}
        used={reservedCpu}
        limit={maxCpu}
      />
      <Meter
        label="Memory reserved"
        words={
          maxMemory === null ? formatBytes(reservedMemory * GIB) : `${formatBytes(reservedMemory * GIB)} of ${formatBytes(maxMemory * GIB)}`
        }
        used={reservedMemory}
        limit={maxMemory}
      />
    </div>
  );
}
