import { visibleText } from "@berth/protocol/log-text";
import type { Command } from "commander";
import { command, type GlobalOptions, signedIn, wholeNumber } from "./command-run";
import { findSession } from "./find-session";
import type { World } from "./world";

interface LogsOptions extends GlobalOptions {
  readonly follow?: boolean;
  readonly tail: number;
  readonly timestamps?: boolean;
}

/** `berth logs`, and `berth sessions logs`. */
export function logsCommand(world: World): Command {
  return command("logs", "what a session's container printed")
    .argument("<session>", "id or name")
    .option("-f, --follow", "go on with what it prints, until it has ended")
    .option("-n, --tail <lines>", "lines from the end", wholeNumber, 100)
    .option("-t, --timestamps", "before each line when it was printed")
    .action((session: string, { tail, timestamps = false, follow, ...options }: LogsOptions) =>
      signedIn(world, options, async ({ berth, json, say }) => {
        const { id } = await findSession(berth, session);
        // A terminal would carry out what a program printed for another.
        const shown = (line: string) => (world.terminal ? visibleText(line) : line);
        if (!follow) {
          const answer = await berth.api.sessions.logs.query({ id, tail, timestamps });
          if (json || answer.logs.length > 0) say(answer, ({ logs }) => logs.map(shown).join("\n"));
          return;
        }
        for await (const line of berth.sessions.followLogs(id, { tail, timestamps, signal: world.signal }))
          world.out(json ? JSON.stringify(line) : shown(line));
      }),
    );
}
