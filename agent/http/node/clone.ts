/** Brings a repository into a workspace, by the git that its image has. */
import { BerthError } from "@berth/protocol/errors";
import type { Clock } from "../../clock";
import type { SessionDriver } from "../../drivers/driver";

const LIMIT_MS = 10 * 60_000;
const WORDS = 500;

export interface Repository {
  readonly repository: string;
  readonly branch: string;
}

/** Into a folder of the home that is named as the repository. Resolves with why it could not be; null: it is there. Asks nobody for a password. */
export async function clone(
  { driver, clock }: { readonly driver: Pick<SessionDriver, "exec">; readonly clock: Clock },
  workspaceId: string,
  { repository, branch }: Repository,
  signal: AbortSignal,
): Promise<string | null> {
  try {
    const program = await driver.exec({
      sessionId: workspaceId,
      argv: ["git", "clone", "--quiet", "--single-branch", "--branch", branch, "--", repository, folderOf(repository)],
      env: { GIT_TERMINAL_PROMPT: "0", GIT_SSH_COMMAND: "ssh -o BatchMode=yes", GIT_ALLOW_PROTOCOL: "http:https:ssh" },
      terminal: null,
    });
    let said = "";
    const end = () => void program.signal("KILL").catch(() => undefined);
    const late = clock.after(LIMIT_MS, end);
    signal.addEventListener("abort", end);
    program.stdin.end();
    program.stdout.resume();
    program.stderr?.on("data", (part: Buffer) => {
      said = (said + part.toString("utf8")).slice(-WORDS);
    });
    const code = await program.exit.finally(() => {
      late.cancel();
      signal.removeEventListener("abort", end);
    });
    return code === 0 ? null : `git could not clone ${repository} (${branch}), exit code ${code}: ${said.trim() || "it says nothing"}`;
  } catch (error) {
    if (error instanceof BerthError && error.code === "SESSION_LACKS_PROGRAM")
      return `The image has no git, so ${repository} was not cloned; take an image with git, or clone it from inside`;
    return `${repository} could not be cloned: ${error instanceof Error ? error.message : String(error)}`;
  }
}

const folderOf = (repository: string): string => {
  const last = repository.replace(/\/+$/, "").split(/[/:]/).at(-1) ?? "";
  const name = last.replace(/\.git$/, "").replace(/^[.-]+/, "");
  return name || "repository";
};
