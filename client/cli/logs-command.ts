import { visibleText } from "@berth/protocol/log-text";
import type { Command } from "commander";
import { command, type GlobalOptions, signedIn, wholeNumber } from "./command-run";
import { UsageError } from "./exit-codes";
import { findSession } from "./find-session";
import type { World } from "./world";

interface LogsOptions extends GlobalOptions {
  readonly follow?: boolean;
  readonly tail: number;
  readonly timestamps?: boolean;
  readonly since?: string;
  readonly stdout?: boolean;
  readonly stderr?: boolean;
}

/** `berth logs`, and `berth sessions logs`. */
export function logsCommand(world: World): Command {
  return command("logs", "what a session's container printed")
    .argument("<session>", "id or name")
    .option("-f, --follow", "go on with what it prints, until it has ended")
    .option("-n, --tail <lines>", "lines from the end", wholeNumber, 100)
    .option("-t, --timestamps", "before each line when it was printed")
    .option("--since <when>", "nothing from before: a moment (2026-11-22T10:00:00Z), or how long ago (90s, 15m, 2h, 1d)")
    .option("--stdout", "that alone")
    .option("--stderr", "that alone")
    .action((session: string, { tail, timestamps = false, follow, stdout, stderr, since: when, ...options }: LogsOptions) =>
      signedIn(world, options, async ({ berth, json, say }) => {
        if (stdout && stderr) throw new UsageError("--stdout and --stderr: both is what you get without them");
        const since = when === undefined ? undefined : momentOf(when);
        const stream = stdout ? ("stdout" as const) : stderr ? ("stderr" as const) : undefined;
        const { id } = await findSession(berth, session);
        // A terminal would carry out what a program printed for another.
        const shown = (line: string) => (world.terminal ? visibleText(line) : line);
        if (!follow) {
          const answer = await berth.api.sessions.logs.query({ id, tail, timestamps, stream, since: since?.toISOString() });
          if (json || answer.logs.length > 0) say(answer, ({ logs }) => logs.map(shown).join("\n"));
          return;
        }
        for await (const line of berth.sessions.followLogs(id, { tail, timestamps, since, stream, signal: world.signal }))
          world.out(json ? JSON.stringify(line) : shown(line));
      }),
    );
}

const spans: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Throws `UsageError` for what is neither a moment nor a span. */
function momentOf(when: string): Date {
  const [, count, unit = ""] = /^(\d{1,6})([smhd])$/.exec(when) ?? [];
  const span = spans[unit];
  const moment = span === undefined ? new Date(when) : new Date(Date.now() - Number(count) * span);
  if (Number.isNaN(moment.getTime()))
    throw new UsageError(`--since ${when}: say a moment (2026-11-22T10:00:00Z), or how long ago (90s, 15m, 2h, 1d)`);
  return moment;
}
