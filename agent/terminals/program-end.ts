import { BerthError, type ErrorCode } from "@berth/protocol/errors";
import type { Clock } from "../clock";
import type { Exec } from "../drivers/driver";
import { wordsOf } from "../log";

const KILL_AFTER_MS = 3000;

/** Hangs up on a program and all that it started; what is still there after a while is killed. Resolves when it was hung up on; never rejects. */
export async function endProgram(exec: Exec, clock: Clock): Promise<void> {
  const late = clock.after(KILL_AFTER_MS, () => void exec.signal("KILL").catch(() => undefined));
  exec.exit.then(
    () => late.cancel(),
    () => late.cancel(),
  );
  // What isn't read holds up its end.
  exec.stdout.resume();
  exec.stderr?.resume();
  await exec.signal("HUP").catch(() => undefined);
}

/** What is told of a program that has no exit code. */
export function exitOf(error: unknown): { code: null; message: string; error?: ErrorCode } {
  return { code: null, message: wordsOf(error).slice(0, 1000), ...(error instanceof BerthError ? { error: error.code } : {}) };
}
