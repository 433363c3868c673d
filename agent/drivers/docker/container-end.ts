/** Stops, freezes and removes containers, and reads what they said last. */
import type Docker from "dockerode";
import { engineError, engineWords, statusOf } from "./engine-errors";

const LAST_LINES = 20;
const MAX_LOG_CHARACTERS = 1500;
const REMOVAL_TRIES = 100;
const FREEZE_TRIES = 20;
const MAX_REMEMBERED = 1000;

export class ContainerEnder {
  readonly #docker: Docker;
  readonly #engine: string;
  /** The engine tells of these too, a little later. */
  readonly #removed = new Set<string>();

  /** Runs before a container is removed; what it throws is its own business. */
  readonly #before: (id: string) => Promise<void>;

  constructor(docker: Docker, engine: string, before: (id: string) => Promise<void> = async () => {}) {
    this.#docker = docker;
    this.#engine = engine;
    this.#before = before;
  }

  /** True where it was removed here and not by someone else. */
  removedByUs(id: string): boolean {
    return this.#removed.has(id);
  }

  /** Gives the processes `seconds` to end. Done already is fine. */
  async stop(id: string, seconds: number): Promise<void> {
    const container = this.#docker.getContainer(id);
    try {
      // A frozen process can't end.
      if ((await container.inspect()).State.Paused) await container.unpause();
      await container.stop({ t: seconds });
    } catch (error) {
      if (statusOf(error) !== 304 && statusOf(error) !== 404) throw engineError(error, `stop container ${id.slice(0, 12)}`, this.#engine);
    }
  }

  /** Stops the processes where they are. Some kernels need more than one try while a container is busy. */
  async freeze(id: string): Promise<void> {
    for (let tries = 0; ; tries++) {
      try {
        await this.#docker.getContainer(id).pause();
        return;
      } catch (error) {
        if (!/unable to freeze/i.test(engineWords(error)) || tries >= FREEZE_TRIES)
          throw engineError(error, `freeze container ${id.slice(0, 12)}`, this.#engine);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  /** Kills what runs and takes its unnamed volumes along. Resolves when nothing of it is left. */
  async remove(id: string): Promise<void> {
    this.#removed.add(id);
    for (const oldest of this.#removed) {
      if (this.#removed.size <= MAX_REMEMBERED) break;
      this.#removed.delete(oldest);
    }
    const container = this.#docker.getContainer(id);
    await this.#before(id);
    for (let tries = 0; ; tries++) {
      try {
        await container.remove({ force: true, v: true });
        return;
      } catch (error) {
        if (statusOf(error) === 404) return;
        // Someone else removes it right now: wait until it is gone.
        if (statusOf(error) !== 409 || tries >= REMOVAL_TRIES)
          throw engineError(error, `remove container ${id.slice(0, 12)}`, this.#engine);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }
}

/** The last lines that a container wrote; empty where they can't be had. */
export async function lastLines(docker: Docker, id: string): Promise<string> {
  try {
    const raw = await docker.getContainer(id).logs({ stdout: true, stderr: true, tail: LAST_LINES, follow: false });
    return printable(withoutFrames(raw)).slice(-MAX_LOG_CHARACTERS).trim();
  } catch {
    return "";
  }
}

/** Output without a terminal comes in frames: stream, three zeros, length, bytes. */
function withoutFrames(raw: Buffer): string {
  const parts: Buffer[] = [];
  let at = 0;
  while (at + 8 <= raw.length) {
    const length = raw.readUInt32BE(at + 4);
    if (raw.readUInt8(at) > 2 || raw.readUIntBE(at + 1, 3) !== 0) return raw.toString("utf8");
    parts.push(raw.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return Buffer.concat(parts).toString("utf8");
}

/** Colours and other control sequences are for terminals. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
  return text.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "").replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, "");
}
