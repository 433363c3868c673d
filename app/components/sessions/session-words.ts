import type { SessionState } from "@berth/protocol/session-states";

export type { SessionState };
/** The words of the protocol, without the schema library that a page would load with them. */
export const sessionStateWords = [
  "pending",
  "running",
  "hibernated",
  "terminating",
  "terminated",
] as const satisfies readonly SessionState[];
