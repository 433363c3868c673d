import { BerthError } from "@berth/protocol/errors";
import type { Listener } from "@berth/protocol/session-ports";
import type { SessionDriver } from "../drivers/driver";
import { LISTENERS_SCRIPT, parseListeners } from "./proc-net";

/** Of a session with thousands of processes or open files the rest is not looked at. */
const MAX_BYTES = 4 * 1024 * 1024;
const WITHIN_MS = 10_000;

/** Who listens in a session. Throws SESSION_NOT_FOUND, SESSION_NOT_RUNNING, and SESSION_LACKS_PROGRAM where it can't be told. */
export async function readListeners(driver: Pick<SessionDriver, "exec">, sessionId: string): Promise<Listener[]> {
  const exec = await driver.exec({ sessionId, argv: ["sh", "-c", LISTENERS_SCRIPT], terminal: null });
  exec.stdin.on("error", () => undefined);
  exec.stdin.end();
  exec.stderr?.on("error", () => undefined).resume();
  const late = setTimeout(() => void exec.signal("KILL").catch(() => undefined), WITHIN_MS);
  let text = "";
  exec.stdout.on("data", (chunk: Buffer) => {
    if (text.length < MAX_BYTES) text += chunk.toString("latin1");
  });
  exec.stdout.on("error", () => undefined);
  try {
    const code = await exec.exit;
    if (code === 126 || code === 127)
      throw new BerthError("SESSION_LACKS_PROGRAM", "The image of this session has no shell, so who listens in it can't be told");
    return parseListeners(text);
  } finally {
    clearTimeout(late);
  }
}
