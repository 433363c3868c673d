import type { Command } from "commander";
import { command, type GlobalOptions, signedIn } from "./command-run";
import { UsageError } from "./exit-codes";
import { findSession } from "./find-session";
import type { World } from "./world";

interface CopyOptions extends GlobalOptions {
  readonly reason?: string;
}

/** `session:path`, as scp has it; null for a path of this machine: it has no colon, or a slash before it, or is a drive's. */
export function remoteIn(text: string): { session: string; path: string } | null {
  const found = /^([^/\\:]{2,}):(.*)$/s.exec(text);
  return found ? { session: found[1] ?? "", path: found[2] ?? "" } : null;
}

/** `berth cp`: files and folders into a session and out of one. */
export function copyCommand(world: World): Command {
  return command("cp", "copy files and folders into a session, or out of one")
    .argument("<from>", "a path, or <session>:<path>")
    .argument("<to>", "a path, or <session>:<path>; what does not begin with / is below the session's home")
    .option("-r, --recursive", "as scp and cp have it; folders are copied whole without it too")
    .option("--reason <text>", "why you touch another person's files, as an administrator; they see it")
    .action((from: string, to: string, { reason, ...options }: CopyOptions) =>
      signedIn(world, options, async ({ berth, say }) => {
        const [source, target] = [remoteIn(from), remoteIn(to)];
        const remote = source ?? target;
        if (!remote || (source && target)) throw new UsageError("One of the two is in a session: berth cp notes.txt my-session:notes.txt");
        const { id } = await findSession(berth, remote.session);
        const copy = {
          signal: world.signal,
          reason,
          onSkipped: (path: string) => world.err(`left out, it is neither file nor folder: ${path}`),
        };
        const copied = source
          ? await berth.files.download(id, source.path, to, copy)
          : await berth.files.upload(id, from, remote.path, copy);
        say(copied, ({ files, bytes }) => `${files} ${files === 1 ? "file" : "files"}, ${bytes} bytes`);
      }),
    );
}
