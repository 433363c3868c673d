/**
 * Faults that a test asks for by the image's name: `memory/fail:image-not-found`, `memory/slow:2000ms`, `memory/dies:1000ms`,
 * `memory/pull:500ms` (pulled with progress first), `memory/echo` (after the RFB handshake every byte comes back), any other name is well.
 */
import { type ErrorCode, errorCodes } from "@berth/protocol/errors";

export interface MemoryBehaviour {
  readonly fail: ErrorCode | null;
  readonly startMs: number;
  readonly pullMs: number;
  /** The container ends by itself this long after it became ready. */
  readonly diesAfterMs: number | null;
  readonly echo: boolean;
}

const WELL: MemoryBehaviour = { fail: null, startMs: 0, pullMs: 0, diesAfterMs: null, echo: false };

export function behaviourOf(image: string): MemoryBehaviour {
  const [, word, argument] = /^memory\/([a-z]+)(?::(.+))?$/.exec(image) ?? [];
  const ms = Number(/^(\d{1,7})ms$/.exec(argument ?? "")?.[1] ?? 0);
  switch (word) {
    case "fail": {
      const wanted = (argument ?? "").toUpperCase().replaceAll("-", "_");
      return { ...WELL, fail: errorCodes.find((code) => code === wanted) ?? "SESSION_PROVISIONING_FAILED" };
    }
    case "slow":
      return { ...WELL, startMs: ms };
    case "pull":
      return { ...WELL, pullMs: ms };
    case "dies":
      return { ...WELL, diesAfterMs: ms };
    case "echo":
      return { ...WELL, echo: true };
    default:
      return WELL;
  }
}
