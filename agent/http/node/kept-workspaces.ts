/** `workspaces.json` in the data folder: what the workspaces were made from that were asked for here. For the agent's user alone: it has their variables. */
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startSessionDataSchema } from "@berth/protocol/agent-commands";
import { z } from "zod";
import { jsonOf } from "../../identity/identity-file";

const keptSchema = z.object({
  spec: startSessionDataSchema,
  repository: z.string(),
  branch: z.string(),
  /** Why it does not run, or lacks its repository. */
  problem: z.string().nullable(),
});
export type KeptWorkspace = z.infer<typeof keptSchema>;

export class KeptWorkspaces {
  #writing: Promise<void> = Promise.resolve();

  private constructor(
    private readonly path: string,
    private readonly all: Map<string, KeptWorkspace>,
  ) {}

  /** A file that can't be read is begun anew: its containers are still there, as the control plane's would be. */
  static async open(dataDir: string): Promise<KeptWorkspaces> {
    const path = join(dataDir, "workspaces.json");
    const text = await readFile(path, "utf8").catch(() => "{}");
    const kept = z.record(z.string(), keptSchema).safeParse(jsonOf(text));
    return new KeptWorkspaces(path, new Map(Object.entries(kept.data ?? {})));
  }

  get(id: string): KeptWorkspace | undefined {
    return this.all.get(id);
  }

  entries(): [string, KeptWorkspace][] {
    return [...this.all];
  }

  async keep(id: string, workspace: KeptWorkspace): Promise<void> {
    this.all.set(id, workspace);
    await this.#write();
  }

  async forget(id: string): Promise<void> {
    this.all.delete(id);
    await this.#write();
  }

  #write(): Promise<void> {
    const write = async () => {
      await writeFile(`${this.path}.new`, JSON.stringify(Object.fromEntries(this.all)), { mode: 0o600 });
      await rename(`${this.path}.new`, this.path);
    };
    this.#writing = this.#writing.then(write, write);
    return this.#writing;
  }
}
