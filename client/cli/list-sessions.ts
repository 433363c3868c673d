import { queueWords } from "@berth/protocol/queue-words";
import { sessionStateSchema } from "@berth/protocol/session-states";
import type { Command } from "commander";
import type { Inputs, Outputs } from "../berth-client";
import { collect, command, type GlobalOptions, type Run, signedIn, wholeNumber, wordOf } from "./command-run";
import { ago, type Column, table } from "./table";
import type { World } from "./world";

type ListInput = Inputs["sessions"]["list"];
type Listed = Outputs["sessions"]["list"]["sessions"][number];

interface ListOptions extends GlobalOptions {
  readonly state?: ListInput["state"];
  readonly template?: string;
  readonly user?: string;
  readonly agent?: string;
  readonly tag?: readonly string[];
  readonly search?: string;
  readonly all?: boolean;
  readonly limit: number;
  readonly watch?: boolean;
}

/** Changes that come together are shown together. */
const GATHER_MS = 250;
const CLEAR = "\u001b[H\u001b[2J";

const columns = (now: number): readonly Column<Listed>[] => [
  { head: "NAME", text: (session) => session.name },
  { head: "PHASE", text: ({ status }) => (status.queue ? `${status.phase}, ${queueWords(status.queue)}` : status.phase) },
  { head: "OWNER", text: (session) => session.user },
  { head: "TEMPLATE", text: (session) => session.template },
  { head: "AGENT", text: (session) => session.agentId ?? "-" },
  { head: "CREATED", text: (session) => ago(session.createdAt, now) },
  { head: "ID", text: (session) => session.id },
];

/** `berth sessions list`. */
export function listCommand(world: World): Command {
  return command("list", "sessions that you may see, the newest first")
    .option("--state <state>", "pending, running, hibernated, …", wordOf(sessionStateSchema))
    .option("--template <name>")
    .option("--user <name>")
    .option("--agent <name>")
    .option("--tag <tag>", "may be given again: all of them", collect)
    .option("--search <words>")
    .option("--all", "those that have ended too")
    .option("--limit <count>", "at most 100", wholeNumber, 50)
    .option("--watch", "show the list again whenever it changes; with --json a line of JSON for each")
    .action((options: ListOptions) =>
      signedIn(world, options, async (run) => {
        const { state, template, user, agent, tag, search, all, limit } = options;
        const live = all || state ? undefined : true;
        const input: ListInput = { state, template, user, agentId: agent, search, live, limit, ...(tag ? { tags: [...tag] } : {}) };
        if (options.watch) return watch(run, input);
        const answer = await run.berth.api.sessions.list.query(input);
        run.rows(answer, answer.sessions, columns(Date.now()), "No sessions");
      }),
    );
}

/** Until Ctrl-C. Rejects with what reading the list throws. */
function watch(run: Run, input: ListInput): Promise<void> {
  const { world, berth, json } = run;
  return new Promise((resolve, reject) => {
    /** Places in line are shown, which move without a word of the session itself. */
    let inLine = false;
    let gathering: NodeJS.Timeout | null = null;
    const settle = (finish: () => void) => {
      if (gathering) clearTimeout(gathering);
      subscription.unsubscribe();
      finish();
    };
    const show = async () => {
      gathering = null;
      const { sessions } = await berth.api.sessions.list.query(input);
      if (world.signal.aborted) return;
      inLine = sessions.some(({ status }) => status.queue !== null);
      const width = world.terminal?.columns ?? null;
      const shown = sessions.length === 0 ? "No sessions" : table(columns(Date.now()), sessions, width);
      world.out(json ? JSON.stringify(sessions) : `${world.terminal ? CLEAR : ""}${shown}`);
    };
    const soon = () => {
      gathering ??= setTimeout(() => void show().catch((error: unknown) => settle(() => reject(error))), GATHER_MS);
    };
    const subscription = berth.api.live.events.subscribe(undefined, {
      onData: ({ data: event }) => {
        if (event.kind === "session" || event.kind === "resync" || (event.kind === "queue" && inLine)) soon();
      },
      onError: (error) => settle(() => reject(error)),
    });
    world.signal.addEventListener("abort", () => settle(resolve), { once: true });
    soon();
  });
}
