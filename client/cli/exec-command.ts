import type { Command } from "commander";
import { command, type GlobalOptions, signedIn } from "./command-run";
import { ProgramExit, UsageError } from "./exit-codes";
import { findSession } from "./find-session";
import type { World } from "./world";

interface ExecOptions extends GlobalOptions {
  readonly interactive?: boolean;
  readonly tty?: boolean;
  readonly reason?: string;
}

/** `berth exec`: a program, or a shell, inside a session. Ends with the program's own exit code. */
export function execCommand(world: World): Command {
  return command("exec", "run a program inside a session, or its shell: berth exec -it <session> -- top")
    .argument("<session>", "id or name")
    .argument("[command...]", "after --; without one, a shell")
    .option("-i, --interactive", "pass on what is typed or piped in")
    .option("-t, --tty", "give the program a terminal")
    .option("--reason <text>", "why, for another person's session (administrators)")
    .action((session: string, argv: string[], { interactive, tty, reason, ...options }: ExecOptions) =>
      signedIn(world, options, async ({ berth }) => {
        const { streams } = world;
        const isShell = argv.length === 0;
        const wantsTerminal = tty === true || (isShell && streams.terminal !== null);
        if (wantsTerminal && !streams.terminal) throw new UsageError("There is no terminal here to give to the program; leave out -t");
        const { id } = await findSession(berth, session);
        const ticketPath = reason === undefined ? undefined : (await berth.api.terminals.openTicket.mutate({ id, reason })).url;
        const terminal = wantsTerminal ? streams.terminal : null;
        // What is typed goes to the program as it is, its Ctrl-C too; the terminal is given back whatever happens.
        const restore = terminal && (interactive || isShell) ? terminal.raw() : () => undefined;
        try {
          const { stdout, stderr } = streams;
          const stdin = interactive || isShell ? streams.stdin : null;
          const code = await berth.sessions.exec(id, { argv, stdin, stdout, stderr, terminal, signal: world.signal, ticketPath });
          if (code !== 0) throw new ProgramExit(code);
        } finally {
          restore();
        }
      }),
    );
}
