/** `npm run bench -- start [--quick]`: how long a cold start takes, against `docker run` of the same image, in one run. Needs `npm run build` and an engine with the image. */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { describeMachine } from "../measure/machine";
import { machineSettled } from "../measure/settled";
import { createToBanner, LiveEvents, removeSession } from "./berth-session";
import { BerthStack } from "./berth-stack";
import { dockerRunToBanner, imageIsPresent } from "./docker-run";
import { Person } from "./first-frame";
import { type Samples, type StartReport, startMarkdown } from "./report";
import { Timelines } from "./timeline";

const IMAGE = "berth/terminal-desktop:1";
const TEMPLATE = { name: "terminal-desktop", title: "Terminal desktop" };
const FULL_ROUNDS = 10;
const QUICK_ROUNDS = 3;

const { values: flags } = parseArgs({
  options: { quick: { type: "boolean", default: false }, json: { type: "string" }, markdown: { type: "string" } },
});
const rounds = flags.quick ? QUICK_ROUNDS : FULL_ROUNDS;
const say = (text: string) => process.stderr.write(`${text}\n`);

async function measure(stack: BerthStack): Promise<{ samples: Samples; timelines: Timelines }> {
  const samples: Samples = { dockerRunToBanner: [], requestToRunning: [], requestToBanner: [], clickToFirstFrame: [] };
  const timelines = new Timelines();
  const live = await LiveEvents.open(stack);
  const person = await Person.signIn(stack);
  try {
    for (let round = 1; round <= rounds; round += 1) {
      await machineSettled();
      samples.dockerRunToBanner.push(await dockerRunToBanner(IMAGE));
      await machineSettled();
      const scripted = await createToBanner(stack, live, TEMPLATE.name);
      samples.requestToRunning.push(scripted.runningMs);
      samples.requestToBanner.push(scripted.bannerMs);
      await removeSession(stack, live, scripted.id);
      await machineSettled();
      const seen = await person.launchToFirstFrame(TEMPLATE.title);
      samples.clickToFirstFrame.push(seen.firstFrameMs);
      await timelines.add(stack, seen.id);
      await removeSession(stack, live, seen.id);
      say(
        `round ${round} of ${rounds}: ${Object.entries(samples)
          .map(([name, values]) => `${name} ${values.at(-1)?.toFixed(0)}`)
          .join(", ")}`,
      );
    }
  } finally {
    live.close();
    await person.leave();
  }
  return { samples, timelines };
}

if (!imageIsPresent(IMAGE)) throw new Error(`${IMAGE} is not in the container engine at DOCKER_HOST: \`npm start\` builds it`);
const stack = await BerthStack.start(process.cwd());
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void stack.stop().finally(() => process.exit(1)));
try {
  const { samples, timelines } = await measure(stack);
  const report: StartReport = {
    date: new Date().toISOString().slice(0, 10),
    command: `npm run bench -- start${flags.quick ? " --quick" : ""}`,
    machine: describeMachine(["docker", "chromium"]),
    image: IMAGE,
    samples,
    timeline: timelines.medians(),
  };
  const markdown = startMarkdown(report);
  if (flags.json) writeFileSync(flags.json, `${JSON.stringify(report, null, 1)}\n`);
  if (flags.markdown) writeFileSync(flags.markdown, `${markdown}\n`);
  process.stdout.write(`${markdown}\n`);
} finally {
  await stack.stop();
}
