import { VERSION } from "@berth/protocol/version";
import { Command, CommanderError } from "commander";
import { copyCommand } from "./copy-command";
import { EXIT, errorWords, exitCodeOf, ProgramExit } from "./exit-codes";
import { agentCommands, homeCommands, taskCommands, templateCommands } from "./list-commands";
import { loginCommands } from "./login-commands";
import { portForwardCommand, portsCommand } from "./port-commands";
import { sessionCommands } from "./session-commands";
import type { World } from "./world";

const CODES = `
Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 not signed in, 4 timed out, 5 no answer; berth exec ends with the code of its program.
Environment: BERTH_URL and BERTH_TOKEN instead of berth login.`;

/** Runs one command; `args` without the program's name. Answers go to stdout, everything else to stderr. Resolves with the exit code; never rejects. */
export async function runCli(args: readonly string[], world: World): Promise<number> {
  const program = new Command("berth").description("Berth from the command line").version(VERSION).addHelpText("after", CODES);
  for (const one of [
    ...loginCommands(world),
    ...sessionCommands(world),
    copyCommand(world),
    portForwardCommand(world),
    portsCommand(world),
    templateCommands(world),
    agentCommands(world),
    taskCommands(world),
    homeCommands(world),
  ])
    program.addCommand(one);
  prepare(program, world);
  try {
    await program.parseAsync([...args], { from: "user" });
    return world.signal.aborted ? EXIT.interrupted : EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (error instanceof ProgramExit) return error.code;
    if (world.signal.aborted) return EXIT.interrupted;
    world.err(`berth: ${errorWords(error)}`);
    return exitCodeOf(error);
  }
}

/** Commands inherit neither where they write nor how they end when they were made by themselves. */
function prepare(command: Command, world: World): void {
  const lines = (write: (text: string) => void) => (text: string) => write(text.replace(/\n$/, ""));
  command.exitOverride().configureOutput({ writeOut: lines((text) => world.out(text)), writeErr: lines((text) => world.err(text)) });
  for (const part of command.commands) prepare(part, world);
}
