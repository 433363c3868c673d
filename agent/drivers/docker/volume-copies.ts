/**
 * Copies of one volume into another, by a short-lived container without network: as root, with the capabilities alone that keep owners and
 * modes. The container is what says that a copy is under way: it is made before its target and removed when the copy is whole, so that
 * whatever a crash leaves is known to be half.
 */
import { BerthError } from "@berth/protocol/errors";
import type Docker from "dockerode";
import type { ContainerCreateOptions } from "dockerode";
import type { Log } from "../../log";
import { reasonOf, throwIfAborted } from "../abort";
import type { ContainerEnder } from "./container-end";
import { engineError, engineWords, statusOf } from "./engine-errors";
import { LABEL, type Labels, ofAgent } from "./labels";

const CAPABILITIES = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID"];
const MEBIBYTE = 1024 * 1024;
/**
 * Says `total`, `done` and at last `size` with a number of bytes. What vanishes while it is copied ($1 is `lenient`) is no failure: a
 * session that goes on removes files.
 */
const SCRIPT = `
cp -a /berth/from/. /berth/to/ 2>/tmp/errors &
copy=$!
total=$(du -sk /berth/from 2>/dev/null | cut -f1)
echo "total $((\${total:-0} * 1024))"
while kill -0 $copy 2>/dev/null; do
  sleep 0.3
  sed -n 's/^wchar: /done /p' /proc/$copy/io 2>/dev/null
done
wait $copy
code=$?
if [ $code != 0 ] && [ "$1" = lenient ] && [ $code != 127 ] && ! grep -qv 'No such file or directory' /tmp/errors; then code=0; fi
size=$(du -sk /berth/to 2>/dev/null | cut -f1)
[ $code = 0 ] && echo "size $((\${size:-0} * 1024))"
tail -n 3 /tmp/errors
exit $code
`;

export interface VolumeCopy {
  readonly from: string;
  /** Must not be there, or be half. */
  readonly to: string;
  /** Of the new volume. */
  readonly labels: Labels;
  /** Has a shell, `cp` and `du`. */
  readonly image: string;
  /** Files may vanish meanwhile. */
  readonly lenient: boolean;
  /** A container that stands still for this copy: it goes on where nobody is left who would see to it. */
  readonly frozen: string | null;
  readonly signal: AbortSignal;
  /** At most three times a second. */
  progressed(percent: number): void;
}

export interface VolumeCopiesParts {
  readonly docker: Docker;
  readonly engine: string;
  readonly agent: string;
  readonly ender: ContainerEnder;
  readonly log: Log;
}

export class VolumeCopies {
  readonly #parts: VolumeCopiesParts;
  readonly #running = new Set<string>();

  constructor(parts: VolumeCopiesParts) {
    this.#parts = parts;
  }

  /** Volumes that are half a copy, whether that goes on or was broken off. */
  async unfinished(): Promise<Set<string>> {
    return new Set((await this.#containers()).map(({ Labels }) => Labels[LABEL.copyTo] ?? ""));
  }

  /** Bytes of the copy. A copy that fails or is aborted leaves nothing. */
  async copy(copy: VolumeCopy): Promise<number> {
    const { docker, engine, ender } = this.#parts;
    const { to, signal } = copy;
    if (this.#running.has(to)) throw new BerthError("SPEC_REFUSED", `Volume ${to} is being copied already`);
    this.#running.add(to);
    try {
      await this.#discard(to);
      throwIfAborted(signal);
      const { id } = await docker.createContainer(this.#options(copy)).catch((error: unknown) => {
        if (statusOf(error) === 404)
          throw new BerthError("IMAGE_NOT_FOUND", `Image ${copy.image} is not on the host any more`, { cause: error });
        throw engineError(error, `copy ${copy.from}`, engine);
      });
      try {
        const bytes = await this.#run(id, copy);
        throwIfAborted(signal);
        await ender.remove(id);
        return bytes;
      } catch (error) {
        await this.#discard(to);
        throw signal.aborted ? reasonOf(signal) : error;
      }
    } finally {
      this.#running.delete(to);
    }
  }

  /** Takes `to` away where it is half and nobody copies it now. */
  async dropHalf(to: string): Promise<void> {
    if (!this.#running.has(to)) await this.#discard(to);
  }

  /** Takes away what was broken off, and lets go on what stood still for it. */
  async sweep(): Promise<void> {
    const { docker, log } = this.#parts;
    for (const { Labels } of await this.#containers()) {
      const to = Labels[LABEL.copyTo] ?? "";
      if (this.#running.has(to)) continue;
      const frozen = Labels[LABEL.copyFroze];
      if (frozen)
        await docker
          .getContainer(frozen)
          .unpause()
          .catch((error: unknown) => log.debug({ err: error }, "it stands still no more"));
      log.info({ volume: to }, "half a copy is taken away");
      await this.#discard(to);
    }
  }

  async #run(id: string, copy: VolumeCopy): Promise<number> {
    const { docker, engine, ender } = this.#parts;
    const container = docker.getContainer(id);
    const stop = () => void ender.remove(id).catch(() => undefined);
    copy.signal.addEventListener("abort", stop, { once: true });
    const said: string[] = [];
    let total = 0;
    let size: number | null = null;
    try {
      const output = await container.attach({ stream: true, stdout: true, stderr: true });
      const ended = container.wait();
      ended.catch(() => undefined);
      await container.start().catch((error: unknown) => {
        if (/executable file not found|no such file/i.test(engineWords(error))) throw lacks(copy.image);
        throw engineError(error, `copy ${copy.from}`, engine);
      });
      let rest = "";
      for await (const chunk of output) {
        const lines = (rest + String(chunk)).split(/\r?\n/);
        rest = lines.pop() ?? "";
        for (const line of lines) {
          const [, word, number] = /^(total|done|size) (\d+)$/.exec(line) ?? [];
          if (word === "total") total = Number(number);
          else if (word === "size") size = Number(number);
          else if (word === "done") copy.progressed(total > 0 ? Math.min(99, Math.floor((100 * Number(number)) / total)) : 0);
          else if (line) said.push(line.slice(0, 300));
        }
      }
      const answer: unknown = await ended;
      const code = typeof answer === "object" && answer !== null ? Reflect.get(answer, "StatusCode") : null;
      if (code === 127) throw lacks(copy.image);
      if (code === 0 && size !== null) return size;
      const words = said.slice(-3).join("; ");
      if (/No space left on device|quota exceeded/i.test(words))
        throw new BerthError("DISK_FULL", `The disk of the agent's host is full: ${copy.from} could not be copied; free some space there`);
      throw new BerthError("TASK_FAILED", `Volume ${copy.from} could not be copied${words ? `: ${words}` : ` (code ${String(code)})`}`);
    } catch (error) {
      throw engineError(error, `copy ${copy.from}`, engine);
    } finally {
      copy.signal.removeEventListener("abort", stop);
    }
  }

  #options({ from, to, labels, image, lenient, frozen }: VolumeCopy): ContainerCreateOptions {
    const { agent } = this.#parts;
    return {
      Image: image,
      Entrypoint: ["sh", "-c", SCRIPT, "berth-copy", lenient ? "lenient" : "strict"],
      Cmd: [],
      Env: ["LC_ALL=C"],
      Labels: { [LABEL.agent]: agent, [LABEL.copyTo]: to, ...(frozen ? { [LABEL.copyFroze]: frozen } : {}) },
      User: "0:0",
      WorkingDir: "/",
      Tty: true,
      HostConfig: {
        NetworkMode: "none",
        CapDrop: ["ALL"],
        CapAdd: CAPABILITIES,
        SecurityOpt: ["no-new-privileges"],
        ReadonlyRootfs: true,
        Init: true,
        Memory: 512 * MEBIBYTE,
        PidsLimit: 64,
        CpuShares: 256,
        Tmpfs: { "/tmp": "rw,noexec,nosuid,nodev,size=16m" },
        Mounts: [
          { Type: "volume", Source: from, Target: "/berth/from", ReadOnly: true },
          {
            Type: "volume",
            Source: to,
            Target: "/berth/to",
            VolumeOptions: { NoCopy: true, Labels: { ...labels, [LABEL.agent]: agent }, DriverConfig: { Name: "local", Options: {} } },
          },
        ],
        LogConfig: { Type: "json-file", Config: { "max-size": "1m" } },
      },
    };
  }

  /** A volume can't go while its container names it, so that another container says meanwhile that it is half. */
  async #discard(to: string): Promise<void> {
    const { docker, engine, ender, agent } = this.#parts;
    const mine = (await this.#containers()).filter(({ Labels }) => Labels[LABEL.copyTo] === to);
    if (mine.length === 0) return;
    const Labels = { [LABEL.agent]: agent, [LABEL.copyTo]: to };
    // Its image may be gone; then a crash in the next moment is what would be needed to lose the mark.
    const mark = await docker.createContainer({ Image: mine[0]?.ImageID ?? "", Cmd: ["true"], Labels }).catch(() => null);
    for (const { Id } of mine) await ender.remove(Id);
    await docker
      .getVolume(to)
      .remove()
      .catch((error: unknown) => {
        if (statusOf(error) !== 404) throw engineError(error, `remove ${to}`, engine);
      });
    if (mark) await ender.remove(mark.id);
  }

  async #containers() {
    const { docker, engine, agent } = this.#parts;
    try {
      return await docker.listContainers({ all: true, filters: { label: [ofAgent(agent), LABEL.copyTo] } });
    } catch (error) {
      throw engineError(error, "look for copies of homes", engine);
    }
  }
}

const lacks = (image: string) => new BerthError("SESSION_LACKS_PROGRAM", `Image ${image} has no sh, cp and du, which copying a home needs`);
