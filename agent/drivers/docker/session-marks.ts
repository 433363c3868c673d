/**
 * The two things about a session that the engine can't hold, because labels of a container can't be changed: that it was stopped on purpose,
 * and the generation that a wake from frozen gave it. Written before the engine is asked, so that no crash in between makes a stop look
 * like a failure.
 */
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const markSchema = z.object({ generation: z.number().int(), stopped: z.boolean() });
export type SessionMark = z.infer<typeof markSchema>;

export class SessionMarks {
  readonly #folder: string;
  readonly #marks = new Map<string, SessionMark>();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(folder: string): Promise<SessionMarks> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const marks = new SessionMarks(folder);
    for (const file of await readdir(folder)) {
      if (!file.endsWith(".json")) continue;
      try {
        marks.#marks.set(file.slice(0, -".json".length), markSchema.parse(JSON.parse(await readFile(join(folder, file), "utf8"))));
      } catch {
        // Half written by a crash of the machine: the labels count.
        await rm(join(folder, file), { force: true });
      }
    }
    return marks;
  }

  get(sessionId: string): SessionMark | undefined {
    return this.#marks.get(sessionId);
  }

  async set(sessionId: string, mark: SessionMark): Promise<void> {
    this.#marks.set(sessionId, mark);
    const path = join(this.#folder, `${sessionId}.json`);
    await writeFile(`${path}.new`, JSON.stringify(mark), { mode: 0o600 });
    await rename(`${path}.new`, path);
  }

  async clear(sessionId: string): Promise<void> {
    if (this.#marks.delete(sessionId)) await rm(join(this.#folder, `${sessionId}.json`), { force: true });
  }
}
