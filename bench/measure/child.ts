/**
 * Processes of a bench: each part runs in one of its own, so that what it uses can be read from the kernel. Node parts speak with the
 * bench over Node's own IPC: a call has an id, its answer repeats the id.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { z } from "zod";

const callSchema = z.object({ id: z.number(), call: z.string(), input: z.unknown() });
const answerSchema = z.object({ id: z.number(), output: z.unknown().optional(), error: z.string().optional() });

export type Calls = Readonly<Record<string, (input: unknown) => unknown>>;

/** In the child: answers the bench's calls until the bench goes. Every child can also `collect` its garbage, so that memory can be compared. */
export function answerCalls(calls: Calls): void {
  const all: Calls = { ...calls, collect: () => globalThis.gc?.() };
  process.on("message", async (raw) => {
    const { id, call, input } = callSchema.parse(raw);
    try {
      const run = all[call];
      if (!run) throw new Error(`no call named ${call}`);
      const output = await run(input);
      process.send?.({ id, output });
    } catch (error) {
      process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  });
  process.on("disconnect", () => process.exit(0));
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));
}

export class Child {
  readonly pid: number;
  #lastId = 0;
  readonly #waiting = new Map<number, { resolve(output: unknown): void; reject(error: Error): void }>();

  private constructor(
    private readonly process: ChildProcess,
    private readonly name: string,
  ) {
    if (process.pid === undefined) throw new Error(`${name} did not start`);
    this.pid = process.pid;
    process.on("message", (raw) => {
      const answer = answerSchema.parse(raw);
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if (answer.error === undefined) waiting?.resolve(answer.output);
      else waiting?.reject(new Error(`${name}: ${answer.error}`));
    });
    process.on("exit", (code, signal) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`${name} ended (${code ?? signal})`));
      this.#waiting.clear();
    });
  }

  /** `script` is a bundled file beside the running one. `nodeOptions` come on top of `--expose-gc`. */
  static start(
    name: string,
    script: string,
    nodeOptions: readonly string[] = [],
    environment: Readonly<Record<string, string>> = {},
  ): Child {
    const child = fork(new URL(script, import.meta.url), [], {
      env: { ...process.env, ...environment },
      execArgv: ["--expose-gc", ...nodeOptions],
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    return new Child(child, name);
  }

  /** Rejects when the child refuses, ends, or takes longer than a minute. */
  async call<Output>(call: string, input: unknown, output: z.ZodType<Output>): Promise<Output> {
    this.#lastId += 1;
    const id = this.#lastId;
    const answer = new Promise<unknown>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${this.name} did not answer ${call} within 60 s`)), 60_000);
      this.#waiting.set(id, {
        resolve: (value) => {
          clearTimeout(timer);
          resolve(value);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      });
    });
    this.process.send({ id, call, input });
    return output.parse(await answer);
  }

  async collect(): Promise<void> {
    await this.call("collect", null, z.unknown());
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, "exit");
    this.process.kill("SIGTERM");
    await ended;
  }
}
