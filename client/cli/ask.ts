import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { UsageError } from "./exit-codes";

/** Of a pipe, whose lines answer one question each. */
let piped: AsyncIterator<string> | null = null;

/** Asks on stderr, so that stdout stays the answer's. A secret is not echoed; from a pipe a line is read. */
export async function ask(question: string, { secret = false }: { readonly secret?: boolean } = {}): Promise<string> {
  process.stderr.write(question);
  const given = process.stdin.isTTY ? await fromTerminal(secret) : await fromPipe();
  if (given === null) throw new UsageError("Nobody answered; use --token, or BERTH_TOKEN");
  return given;
}

async function fromPipe(): Promise<string | null> {
  piped ??= createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const { done, value } = await piped.next();
  process.stderr.write("\n");
  return done ? null : value;
}

function fromTerminal(secret: boolean): Promise<string | null> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: secret ? silent : process.stderr, terminal: true });
  return new Promise((resolve) => {
    lines.once("line", (line) => {
      resolve(line);
      lines.close();
    });
    lines.once("close", () => {
      if (secret) process.stderr.write("\n");
      resolve(null);
    });
    lines.once("SIGINT", () => process.kill(process.pid, "SIGINT"));
  });
}
