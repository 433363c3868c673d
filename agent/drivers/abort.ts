import { BerthError } from "@berth/protocol/errors";

/** Rejects when the signal is aborted, with its reason. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(reasonOf(signal));
    const onAbort = () => {
      clearTimeout(timer);
      reject(reasonOf(signal));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}

export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw reasonOf(signal);
}

/** The `BerthError` that an operation was ended with. */
export function reasonOf(signal: AbortSignal): BerthError {
  const reason: unknown = signal.reason;
  return reason instanceof BerthError ? reason : new BerthError("COMMAND_CANCELLED", "The command was cancelled");
}
