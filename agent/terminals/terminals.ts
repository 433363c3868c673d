/** Terminals of all sessions of this agent, and how they are asked for (see `@berth/protocol/terminal`). They end with the agent. */
import { randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import { BerthError } from "@berth/protocol/errors";
import {
  MAX_ATTACHED,
  MAX_TERMINALS,
  TERMINAL_PROTOCOL,
  terminalPath,
  terminalSizeSchema,
  type terminalsSchema,
} from "@berth/protocol/terminal";
import type { z } from "zod";
import type { Clock, Timer } from "../clock";
import type { Exec, SessionDriver } from "../drivers/driver";
import type { ApiCall, ApiPart } from "../http/api-routes";
import { MessageSockets } from "./message-socket";
import { leftoverCommand, shellCommand, TERMINAL_MARK, terminalEnvironment } from "./shell-command";
import { Terminal } from "./terminal";

/** One that nobody was attached to for so long is ended. */
const DETACHED_MS = 4 * 60 * 60_000;
/** How long to wait for a shell's first word before it is taken for started. */
const FIRST_WORD_MS = 500;
/** How long the agent's end waits for shells to be hung up on. */
const CLOSE_MS = 3000;
/** After it: an engine that could not start the program says so in its place. */
const SETTLE_MS = 20;

export interface TerminalsOptions {
  readonly driver: Pick<SessionDriver, "exec">;
  readonly clock: Clock;
  onInput(sessionId: string): void;
}

interface Kept {
  readonly terminal: Terminal;
  idle: Timer | null;
}

export class Terminals implements ApiPart {
  readonly routes: ApiPart["routes"];
  readonly upgrades: ApiPart["upgrades"];
  readonly #options: TerminalsOptions;
  readonly #sockets: MessageSockets;
  /** This run of the agent. */
  readonly #run = randomBytes(8).toString("hex");
  readonly #swept = new Set<string>();
  readonly #sessions = new Map<string, Map<string, Kept>>();
  /** Starts under way, by session. */
  readonly #starting = new Map<string, number>();

  constructor(options: TerminalsOptions) {
    this.#options = options;
    this.#sockets = new MessageSockets(TERMINAL_PROTOCOL, options.clock);
    this.routes = [
      { method: "GET", path: "terminals", answer: async (call, response) => this.#list(call, response) },
      { method: "POST", path: "terminals", answer: (call, response) => this.#create(call, response) },
      { method: "DELETE", path: terminalPath("{terminal}"), answer: (call, response) => this.#remove(call, response) },
    ];
    this.upgrades = [
      {
        path: terminalPath("{terminal}"),
        open: async (call, socket, head) => {
          const { terminal } = this.#find(call);
          if (terminal.seen.attached >= MAX_ATTACHED)
            throw new BerthError("TERMINAL_LIMIT", `${MAX_ATTACHED} windows show this terminal already; close one first`);
          terminal.attach(await this.#sockets.accept(call, socket, head));
        },
      },
    ];
  }

  /** Cuts off who is attached, and hangs up on the shells, as far as the engine answers soon. */
  async close(): Promise<void> {
    const all = [...this.#sessions.values()].flatMap((kept) => [...kept.values()]);
    for (const { terminal, idle } of all) {
      idle?.cancel();
      terminal.detachAll("the agent is restarting");
    }
    const late = new Promise<void>((resolve) => void this.#options.clock.after(CLOSE_MS, resolve));
    await Promise.race([Promise.all(all.map(({ terminal }) => terminal.end())), ...(all.length > 0 ? [late] : [])]);
  }

  #list({ sessionId }: ApiCall, response: ServerResponse): void {
    const terminals = [...(this.#sessions.get(sessionId)?.values() ?? [])].map(({ terminal }) => terminal.seen);
    answerJson(response, 200, { terminals } satisfies z.infer<typeof terminalsSchema>);
  }

  async #create({ sessionId, request }: ApiCall, response: ServerResponse): Promise<void> {
    const size = terminalSizeSchema.safeParse(await json(request).catch(() => null));
    if (!size.success) throw new BerthError("INVALID_PARAMETER", "columns, rows: a terminal's size in characters, 1 to 1000");
    const starting = this.#starting.get(sessionId) ?? 0;
    const there = this.#sessions.get(sessionId)?.size ?? 0;
    if (there + starting >= MAX_TERMINALS)
      throw new BerthError("TERMINAL_LIMIT", `This session has ${MAX_TERMINALS} terminals open; close one first`);
    this.#starting.set(sessionId, starting + 1);
    const exec = await this.#options.driver
      .exec({ sessionId, argv: shellCommand, env: { ...terminalEnvironment, ...this.#mark(sessionId) }, terminal: size.data })
      .finally(() => {
        const left = (this.#starting.get(sessionId) ?? 1) - 1;
        if (left > 0) this.#starting.set(sessionId, left);
        else this.#starting.delete(sessionId);
      });
    const terminal = this.#keep(sessionId, exec);
    void this.#sweep(sessionId);
    await this.#started(exec);
    answerJson(response, 201, terminal.seen);
  }

  async #remove(call: ApiCall, response: ServerResponse): Promise<void> {
    await this.#find(call).terminal.end();
    response.writeHead(204).end();
  }

  #mark(sessionId: string): Record<string, string> {
    return { [TERMINAL_MARK]: `${sessionId}/${this.#run}` };
  }

  /** Once for each session: shells of an agent that was killed still wait for someone, and nobody can reach them. */
  async #sweep(sessionId: string): Promise<void> {
    if (this.#swept.has(sessionId)) return;
    this.#swept.add(sessionId);
    try {
      const exec = await this.#options.driver.exec({ sessionId, argv: leftoverCommand(`${sessionId}/`, this.#run), terminal: null });
      exec.stdin.end();
      exec.stdout.resume();
      exec.stderr?.resume();
      await exec.exit;
    } catch {
      // The session has just ended, or its image lacks what this needs; a shell too many is not worth a word.
      this.#swept.delete(sessionId);
    }
  }

  #keep(sessionId: string, exec: Exec): Terminal {
    const { clock, onInput } = this.#options;
    const id = randomBytes(8).toString("hex");
    const ofSession = this.#sessions.get(sessionId) ?? new Map<string, Kept>();
    this.#sessions.set(sessionId, ofSession);
    const untilEnded = () => clock.after(DETACHED_MS, () => void kept.terminal.end());
    const terminal = new Terminal({
      id,
      exec,
      clock,
      onInput: () => onInput(sessionId),
      onAttached: (count) => {
        kept.idle?.cancel();
        kept.idle = count === 0 ? untilEnded() : null;
      },
      onEnd: () => {
        kept.idle?.cancel();
        ofSession.delete(id);
        if (ofSession.size === 0 && this.#sessions.get(sessionId) === ofSession) this.#sessions.delete(sessionId);
      },
    });
    const kept: Kept = { terminal, idle: untilEnded() };
    ofSession.set(id, kept);
    return terminal;
  }

  /** Resolves when the shell runs, as far as can be told. Throws why it does not. */
  async #started({ stdout, exit }: Exec): Promise<void> {
    const { clock } = this.#options;
    const ended = exit.then((code) => {
      throw new BerthError("SESSION_LACKS_PROGRAM", `The shell of this session ended at once (exit code ${code}); its image may have none`);
    });
    ended.catch(() => undefined);
    const after = (ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve));
    await Promise.race([ended, new Promise((resolve) => stdout.once("data", resolve)), after(FIRST_WORD_MS)]);
    await Promise.race([ended, after(SETTLE_MS)]);
    if (stdout.readableEnded) await ended;
  }

  #find({ sessionId, params }: ApiCall): Kept {
    const kept = this.#sessions.get(sessionId)?.get(params.terminal ?? "");
    if (!kept) throw new BerthError("TERMINAL_NOT_FOUND", "This terminal has ended; open a new one");
    return kept;
  }
}

function answerJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
