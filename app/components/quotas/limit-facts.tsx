import { cpuWords, memoryWords } from "../../format/quantity";
import { Fact } from "../data/facts";
import type { Limits } from "./quota-dialog";

/** Four limits in words; `empty` where there is none. */
export function LimitFacts({ limits, empty }: { limits: Limits; empty: string }) {
  const none = <span className="text-ink-faint">{empty}</span>;
  return (
    <dl className="grid grid-cols-2 gap-x-4 gap-y-3 sm:grid-cols-4">
      <Fact name="Sessions">{limits.sessions ?? none}</Fact>
      <Fact name="CPU">{limits.cpu === null ? none : cpuWords(limits.cpu)}</Fact>
      <Fact name="Memory">{limits.memory === null ? none : memoryWords(limits.memory)}</Fact>
      <Fact name="Storage">{limits.storage === null ? none : memoryWords(limits.storage)}</Fact>
    </dl>
  );
}
