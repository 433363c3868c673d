import type { Command } from "commander";
import { command, type GlobalOptions, signedIn } from "./command-run";
import { UsageError } from "./exit-codes";
import { findSession } from "./find-session";
import type { World } from "./world";

interface EnvOptions extends GlobalOptions {
  readonly unset?: readonly string[];
  readonly secret?: boolean;
  readonly restart?: boolean;
  readonly reveal?: boolean;
}

/** `berth env`: a session's variables, listed or changed. */
export function envCommand(world: World): Command {
  return command("env", "a session's environment variables: list them, or change some")
    .argument("<session>", "id or name")
    .argument("[NAME=value...]", "set these; NAME alone takes the value from your own environment, which keeps it out of the process list")
    .option("--unset <names...>", "remove these")
    .option("--secret", "those that are set are secret")
    .option("--restart", "restart the session at once where it has other values")
    .option("--reveal", "list them with their values (its owner, seen in the audit log)")
    .action(
      (session: string, assignments: readonly string[], { unset = [], secret, restart = false, reveal = false, ...options }: EnvOptions) =>
        signedIn(world, options, async ({ berth, say, rows }) => {
          const set = Object.fromEntries(assignments.map((text) => assignment(text, world.env)));
          const { id: containerId } = await findSession(berth, session);
          const env = { ...set, ...Object.fromEntries(unset.map((name) => [name, null])) };
          if (Object.keys(env).length > 0 || restart) {
            const change = { containerId, env, restart, ...(secret ? { secret: Object.keys(set) } : {}) };
            say(await berth.api.containers.updateEnv.mutate(change), ({ message }) => message);
            return;
          }
          const answer = await berth.api.containers.env.query({ containerId, reveal });
          rows(
            answer,
            answer.variables,
            [
              { head: "NAME", text: ({ name }) => name },
              { head: "VALUE", text: ({ value, readable }) => value ?? (readable ? "(hidden)" : "(unreadable: set it again)") },
              {
                head: "FROM",
                text: ({ origin, overrides, secret: hidden }) =>
                  `${origin}${overrides ? ", over template" : ""}${hidden ? ", secret" : ""}`,
              },
            ],
            "It has no variables of its own, and its template none",
          );
        }),
    );
}

function assignment(text: string, own: Readonly<Record<string, string | undefined>>): [name: string, value: string] {
  const end = text.indexOf("=");
  if (end > 0) return [text.slice(0, end), text.slice(end + 1)];
  const value = own[text];
  if (value === undefined) throw new UsageError(`${text}: say NAME=value, or a name that your environment has`);
  return [text, value];
}
