import { mkdir, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { BerthError } from "@berth/protocol/errors";

/**
 * Makes sure that one agent alone uses a data folder: two with one credential would push each other off the channel for ever. What a
 * killed agent left is taken over. The function returned gives the folder free.
 */
export async function lockDataDir(dataDir: string): Promise<() => Promise<void>> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const path = join(dataDir, "agent.pid");
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const file = await open(path, "wx", 0o600);
      await file.writeFile(`${process.pid} ${await startOf(process.pid)}`);
      await file.close();
      return () => rm(path, { force: true });
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
      const [pid = "", start = ""] = (await readFile(path, "utf8").catch(() => "")).split(" ");
      if (pid && Number(pid) !== process.pid && start && (await startOf(Number(pid))) === start) {
        throw new BerthError(
          "INVALID_PARAMETER",
          `An agent with process id ${pid} already uses ${dataDir}; end it first, or use another --data-dir`,
        );
      }
      await rm(path, { force: true });
    }
  }
  throw new BerthError("INVALID_PARAMETER", `The data folder ${dataDir} could not be locked; another agent starts with it right now`);
}

/** When a process began, as the kernel counts; tells it from a later one of the same id. Empty where it is gone or the kernel doesn't say. */
async function startOf(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}
