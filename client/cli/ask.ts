import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { UsageError } from "./exit-codes";

/** Asks on stderr, so that stdout stays the answer's. A secret is not echoed; from a pipe a line is read. */
export async function ask(question: string, { secret = false }: { readonly secret?: boolean } = {}): Promise<string> {
  process.stderr.write(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({
    input: process.stdin,
    output: secret ? silent : process.stderr,
    terminal: process.stdin.isTTY === true,
  });
  const given = await new Promise<string | null>((resolve) => {
    lines.once("line", resolve);
    lines.once("close", () => resolve(null));
    lines.once("SIGINT", () => process.kill(process.pid, "SIGINT"));
  });
  lines.close();
  if (secret && process.stdin.isTTY) process.stderr.write("\n");
  if (given === null) throw new UsageError("Nobody answered; use --token, or BERTH_TOKEN");
  return given;
}
