import { placementStrategySchema } from "@berth/protocol/placement-strategy";
import { platformSchema } from "@berth/protocol/session-states";
import type { Command } from "commander";
import type { Inputs } from "../berth-client";
import { collect, command, signedIn, wholeNumber, wordOf } from "./command-run";
import { oneLine, openPage, patience, WAIT_SECONDS, type WaitOptions } from "./session-words";
import type { World } from "./world";

type CreateInput = Inputs["sessions"]["create"];

/** `berth sessions create`. */
export function createCommand(world: World): Command {
  return command("create", "start a session from a template")
    .argument("<template>", "its name, see: berth templates list")
    .option("--name <name>")
    .option("--user <name>", "whose it is (administrators)")
    .option("--platform <platform>", "docker or kubernetes", wordOf(platformSchema))
    .option("--agent <name>", "the agent it has to be on")
    .option("--region <region>")
    .option("--label <name=value>", "the agent must have it; may be given again: all of them", collect)
    .option("--capability <name>", "the agent must have it; may be given again: all of them", collect)
    .option("--strategy <strategy>", "spread: on the least loaded agent; pack: on the fullest that fits", wordOf(placementStrategySchema))
    .option("--queue", "where there is no room, wait for it instead of failing")
    .option("--cpu <cpu>", "500m, 2")
    .option("--memory <memory>", "512Mi, 2Gi")
    .option("--idle-timeout <time>", "hibernate after this long without input: 30m, 2h, 0 for never")
    .option("--tag <tag>", "may be given again", collect)
    .option("--no-home", "its files go when it ends")
    .option("--wait", "until it runs")
    .option("--open", "open it in the browser; waits until it runs")
    .option("--timeout <seconds>", "how long to wait", wholeNumber, WAIT_SECONDS)
    .action((template: string, options: CreateOptions) =>
      signedIn(world, options, async (run) => {
        const made = await run.berth.api.sessions.create.mutate(createInput(template, options));
        const waits = options.wait || options.open;
        const session = waits ? await run.berth.sessions.waitFor(made.id, { phase: "Running", ...patience(world, options) }) : made;
        if (options.open) await openPage(run, session.id);
        run.say(session, oneLine);
      }),
    );
}

interface CreateOptions extends WaitOptions {
  readonly name?: string;
  readonly user?: string;
  readonly platform?: CreateInput["platform"];
  readonly agent?: string;
  readonly region?: string;
  readonly label?: readonly string[];
  readonly capability?: readonly string[];
  readonly strategy?: CreateInput["strategy"];
  readonly queue?: boolean;
  readonly cpu?: string;
  readonly memory?: string;
  readonly idleTimeout?: string;
  readonly tag?: readonly string[];
  readonly home: boolean;
  readonly open?: boolean;
}

/** The control plane says what is wrong with a value. */
function createInput(template: string, options: CreateOptions): CreateInput {
  const { name, user, agent, region, label, capability, strategy, queue, cpu, memory, idleTimeout, tag, home, platform } = options;
  return {
    template,
    name,
    user,
    agentId: agent,
    region,
    strategy,
    idleTimeout,
    platform,
    ...(label ? { agentLabels: Object.fromEntries(label.map(labelOf)) } : {}),
    ...(capability ? { agentCapabilities: [...capability] } : {}),
    ...(queue ? { queue } : {}),
    ...(cpu || memory ? { resources: { cpu, memory } } : {}),
    ...(tag ? { tags: [...tag] } : {}),
    ...(home ? {} : { persistentHome: false }),
  };
}

/** A label without a value has an empty one. */
const labelOf = (text: string): [string, string] => {
  const [name = "", ...value] = text.split("=");
  return [name, value.join("=")];
};
