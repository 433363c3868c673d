/** The way of a body into a script of `scripts.ts`, or out of one: by a pipe where both have it open, else by its input and output. */
import type { Readable, Writable } from "node:stream";
import { youngGarbage } from "../tunnel/young-garbage";
import { firstLine, type ScriptRun } from "./run-script";

/** Rejects with what the script refuses with before it wants any. */
export async function bodyInto(run: ScriptRun): Promise<Writable> {
  const { pipe, stdin } = run;
  if (!pipe || (await firstLine(run)) !== "pipe") return stdin;
  const opened = await pipe.toProgram().catch(() => null);
  stdin.write(opened ? "pipe\n" : "none\n");
  if (!opened) return stdin;
  // Nobody reads it any more, and it has a reader all the same.
  const over = (): void => void opened.destroy();
  run.done.then(over, over);
  return opened;
}

/** And the first line that the script says of it. Rejects with what it refuses with. */
export async function bodyOutOf(run: ScriptRun): Promise<{ readonly said: string; readonly body: Readable }> {
  const { pipe, stdin, stdout } = run;
  if (!pipe || (await firstLine(run)) !== "pipe") return { said: await firstLine(run), body: stdout };
  const opened = await pipe.fromProgram().catch(() => null);
  stdin.write(opened ? "pipe\n" : "none\n");
  let said: string;
  try {
    said = await firstLine(run);
  } catch (error) {
    opened?.cancel();
    throw error;
  }
  if (!opened) return { said, body: stdout };
  stdout.resume();
  const body = opened.begin();
  youngGarbage.follow(body);
  return { said, body };
}
