import { visibleText } from "@berth/protocol/log-text";
import type { Command } from "commander";
import type { Session } from "../berth-client";
import { command, type GlobalOptions, group, signedIn, wholeNumber } from "./command-run";
import { createCommand } from "./create-command";
import { envCommand } from "./env-command";
import { execCommand } from "./exec-command";
import { findSession } from "./find-session";
import { listCommand } from "./list-sessions";
import { logsCommand } from "./logs-command";
import { oneLine, openPage, patience, WAIT_SECONDS, type WaitOptions } from "./session-words";
import type { World } from "./world";

/** `berth sessions …`, `berth logs`, which is the same as `berth sessions logs`, `berth env` and `berth exec`. */
export function sessionCommands(world: World): Command[] {
  const sessions = group("sessions", "sessions: create, look at, hibernate, wake, end");
  sessions.addCommand(createCommand(world));
  sessions.addCommand(listCommand(world));
  sessions.addCommand(
    command("get", "one session, by id or name")
      .argument("<session>")
      .action((session: string, options: GlobalOptions) =>
        signedIn(world, options, async (run) => {
          const { id } = await findSession(run.berth, session);
          run.say(await run.berth.api.sessions.get.query({ id }), details);
        }),
      ),
  );
  for (const [name, description, state, phase] of [
    ["hibernate", "free CPU and memory, keep the home", "hibernated", "Hibernated"],
    ["wake", "bring a hibernated session back", "running", "Running"],
    ["terminate", "end a session", null, "Terminated"],
  ] as const) {
    const stated = command(name, description)
      .argument("<session>", "id or name")
      .option("--wait", `wait until it is ${phase}`)
      .option("--timeout <seconds>", "how long to wait", wholeNumber, WAIT_SECONDS);
    if (name === "hibernate") stated.option("--freeze", "keep its processes in memory");
    if (name === "terminate") stated.option("--force", "end it at once, from any state (administrators)");
    stated.action((session: string, options: WaitOptions & { freeze?: boolean; force?: boolean }) =>
      signedIn(world, options, async (run) => {
        const { id } = await findSession(run.berth, session);
        const mode = options.freeze ? { mode: "freeze" as const } : {};
        const wanted = options.force ? "terminated" : state;
        const { setState, terminate } = run.berth.api.sessions;
        const changed = await (wanted ? setState.mutate({ id, state: wanted, ...mode }) : terminate.mutate({ id }));
        const arrived = options.wait ? await run.berth.sessions.waitFor(id, { phase, ...patience(world, options) }) : changed;
        run.say(arrived, oneLine);
      }),
    );
    sessions.addCommand(stated);
  }
  sessions.addCommand(
    command("delete", "end a session; one that has ended is removed with its home")
      .argument("<session>", "id or name")
      .option("--force", "do not wait for its processes")
      .action((session: string, options: GlobalOptions & { force?: boolean }) =>
        signedIn(world, options, async (run) => {
          const { id, name } = await findSession(run.berth, session);
          await run.berth.api.sessions.delete.mutate({ id, force: options.force === true });
          run.say({ id, deleted: true }, () => `${name} is deleted`);
        }),
      ),
  );
  sessions.addCommand(
    command("open", "open a session's page in the browser")
      .argument("<session>", "id or name")
      .action((session: string, options: GlobalOptions) =>
        signedIn(world, options, async (run) => {
          const found = await findSession(run.berth, session);
          run.say({ id: found.id, url: await openPage(run, found.id) }, ({ url }) => url);
        }),
      ),
  );
  sessions.addCommand(logsCommand(world));
  return [sessions, logsCommand(world), envCommand(world), execCommand(world)];
}

function details(session: Session): string {
  const facts: Readonly<Record<string, string | null>> = {
    name: session.name,
    id: session.id,
    phase: `${session.status.phase}: ${session.status.message}`,
    owner: session.user,
    template: `${session.template} (version ${session.templateVersion})`,
    agent: session.agentId,
    resources: `${session.resources.cpu} CPU, ${session.resources.memory} memory`,
    "idle time-out": session.idleTimeout,
    tags: session.tags.join(", ") || null,
    created: session.createdAt,
    started: session.status.startedAt,
    "last input": session.lastActivityAt,
  };
  return Object.entries(facts)
    .map(([name, fact]) => `${name.padEnd(14)} ${visibleText(fact ?? "-")}`)
    .join("\n");
}
