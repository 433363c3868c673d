import { visibleText } from "@berth/protocol/log-text";
import type { Command } from "commander";
import { command, type GlobalOptions, group, signedIn, wholeNumber } from "./command-run";
import { ago } from "./table";
import type { World } from "./world";

interface LimitOptions extends GlobalOptions {
  readonly limit: number;
}

const listing = (description: string): Command => command("list", description).option("--limit <count>", "at most 100", wholeNumber, 50);

/** `berth templates list`. */
export function templateCommands(world: World): Command {
  return group("templates", "what sessions are started from").addCommand(
    listing("templates that can be launched").action((options: LimitOptions) =>
      signedIn(world, options, async (run) => {
        const answer = await run.berth.api.templates.list.query({ limit: options.limit });
        const columns = [
          { head: "NAME", text: (row: (typeof answer.templates)[number]) => row.name },
          { head: "TITLE", text: (row: (typeof answer.templates)[number]) => row.displayName },
          { head: "CATEGORY", text: (row: (typeof answer.templates)[number]) => row.category },
          { head: "MEMORY", text: (row: (typeof answer.templates)[number]) => row.defaultResources.memory },
          { head: "CPU", text: (row: (typeof answer.templates)[number]) => row.defaultResources.cpu },
        ];
        run.rows(answer, answer.templates, columns, "No templates");
      }),
    ),
  );
}

/** `berth homes list`. */
export function homeCommands(world: World): Command {
  return group("homes", "folders that outlive their sessions").addCommand(
    listing("homes that you may see").action((options: LimitOptions) =>
      signedIn(world, options, async (run) => {
        const answer = await run.berth.api.homes.list.query({ limit: options.limit });
        type Row = (typeof answer.homes)[number];
        const size = ({ sizeBytes }: Row) => (sizeBytes === null ? "-" : `${(sizeBytes / 2 ** 20).toFixed(0)} MiB`);
        const columns = [
          { head: "NAME", text: (row: Row) => row.name },
          { head: "OWNER", text: (row: Row) => row.user },
          { head: "AGENT", text: (row: Row) => row.agentId },
          { head: "SIZE", text: size },
          { head: "USED BY", text: (row: Row) => row.usedBy?.name ?? "-" },
          { head: "LAST USED", text: (row: Row) => ago(row.lastUsedAt, Date.now()) },
          { head: "ID", text: (row: Row) => row.id },
        ];
        run.rows(answer, answer.homes, columns, "No homes");
      }),
    ),
  );
}

/** `berth agents list`, `drain`, `resume`. For operators. */
export function agentCommands(world: World): Command {
  const agents = group("agents", "hosts that run sessions (operators)");
  agents.addCommand(
    listing("agents, and how full they are").action((options: LimitOptions) =>
      signedIn(world, options, async (run) => {
        const answer = await run.berth.api.agents.list.query({ limit: options.limit });
        type Row = (typeof answer.agents)[number];
        const columns = [
          { head: "NAME", text: (row: Row) => row.agentId },
          { head: "STATUS", text: (row: Row) => row.status },
          { head: "PLATFORM", text: (row: Row) => row.platform },
          { head: "REGION", text: (row: Row) => row.region ?? "-" },
          { head: "SESSIONS", text: ({ capacity }: Row) => `${capacity.currentSessions}/${capacity.maxSessions ?? "∞"}` },
          { head: "HEARTBEAT", text: (row: Row) => ago(row.lastHeartbeat, Date.now()) },
          { head: "WHY", text: (row: Row) => row.statusReason ?? "" },
        ];
        run.rows(answer, answer.agents, columns, "No agents");
      }),
    ),
  );
  for (const [name, description, status] of [
    ["drain", "give it no new sessions", "draining"],
    ["resume", "give it sessions again", "online"],
  ] as const) {
    const stated = command(name, description).argument("<agent>");
    if (name === "drain") stated.option("--hibernate", "and hibernate those that run on it");
    stated.action((agent: string, options: GlobalOptions & { hibernate?: boolean }) =>
      signedIn(world, options, async (run) => {
        const sessions = options.hibernate ? { sessions: "hibernate" as const } : {};
        const changed = await run.berth.api.agents.setStatus.mutate({ id: agent, status, ...sessions });
        run.say(changed, () => `${changed.agentId} is ${changed.status}`);
      }),
    );
    agents.addCommand(stated);
  }
  return agents;
}

/** `berth tasks list`, `get`. */
export function taskCommands(world: World): Command {
  const tasks = group("tasks", "what agents were asked to do");
  tasks.addCommand(
    listing("tasks, the newest first")
      .option("--session <id>", "of one session")
      .option("--agent <name>", "of one agent")
      .action((options: LimitOptions & { session?: string; agent?: string }) =>
        signedIn(world, options, async (run) => {
          const answer = await run.berth.api.tasks.list.query({ limit: options.limit, sessionId: options.session, agentId: options.agent });
          type Row = (typeof answer.tasks)[number];
          const columns = [
            { head: "ID", text: (row: Row) => row.id },
            { head: "KIND", text: (row: Row) => row.kind },
            { head: "STATE", text: (row: Row) => row.state },
            { head: "AGENT", text: (row: Row) => row.agentId ?? "-" },
            { head: "SESSION", text: (row: Row) => row.session?.name ?? "-" },
            { head: "CREATED", text: (row: Row) => ago(row.createdAt, Date.now()) },
            { head: "ERROR", text: (row: Row) => row.errorCode ?? "" },
          ];
          run.rows(answer, answer.tasks, columns, "No tasks");
        }),
      ),
  );
  tasks.addCommand(
    command("get", "one task")
      .argument("<id>")
      .action((id: string, options: GlobalOptions) =>
        signedIn(world, options, async (run) => {
          const task = await run.berth.api.tasks.get.query({ id });
          run.say(task, () =>
            visibleText(
              `${task.kind}  ${task.state}  ${task.agentId ?? "-"}  ${task.errorMessage ?? task.progress?.message ?? ""}`.trimEnd(),
            ),
          );
        }),
      ),
  );
  return tasks;
}
