/** `npm run bench -- start [--quick] [--warm]`: how long a start takes, cold and (alone, by `--warm`) from a warm pool, against `docker run` of the same image, in one run. Needs `npm run build` and an engine with the image. */
import { writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { z } from "zod";
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
const POOL_POLL_MS = 200;
const OVER = new Set(["completed", "failed", "cancelled"]);
const poolSchema = z.object({ ready: z.number() });
const emptySchema = z.object({ ready: z.literal(0), starting: z.literal(0), ending: z.literal(0) });
const tasksSchema = z.object({ tasks: z.array(z.object({ state: z.string() })) });

const { values: flags } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    warm: { type: "boolean", default: false },
    json: { type: "string" },
    markdown: { type: "string" },
  },
});
const rounds = flags.quick ? QUICK_ROUNDS : FULL_ROUNDS;
const say = (text: string) => process.stderr.write(`${text}\n`);

async function measureCold(stack: BerthStack, samples: Samples, timelines: Timelines): Promise<void> {
  const live = await LiveEvents.open(stack);
  const person = await Person.signIn(stack);
  try {
    for (let round = 1; round <= rounds; round += 1) {
      await machineSettled();
      samples.dockerRunToBanner.push(await dockerRunToBanner(IMAGE));
      await machineSettled();
      const scripted = await createToBanner(stack, live, { template: TEMPLATE.name, persistent_home: false });
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
}

/** One at a time waits: each round takes it, and the next begins when another has come up. */
async function measureWarm(stack: BerthStack, samples: Samples): Promise<void> {
  const path = `/templates/${TEMPLATE.name}/warm-pool`;
  const live = await LiveEvents.open(stack);
  await stack.call("PUT", path, { size: 1 }, z.unknown());
  try {
    for (let round = 1; round <= rounds; round += 1) {
      if (flags.warm) samples.dockerRunToBanner.push(await dockerRunToBanner(IMAGE));
      while ((await stack.call("GET", path, null, poolSchema)).ready < 1) await delay(POOL_POLL_MS);
      await machineSettled();
      const { id, runningMs, bannerMs } = await createToBanner(stack, live, { template: TEMPLATE.name });
      samples.claimToBanner.push(bannerMs);
      say(`warm ${round} of ${rounds}: running ${runningMs.toFixed(0)}, claimToBanner ${bannerMs.toFixed(0)}`);
      await removeSession(stack, live, id);
      // Its home goes with it: it is the template's own, which the others are made without.
      await stack.call("DELETE", `/sessions/${id}`, null, z.unknown());
    }
  } finally {
    await stack.call("PUT", path, { size: 0 }, z.unknown());
    while (!emptySchema.safeParse(await stack.call("GET", path, null, z.unknown())).success) await delay(POOL_POLL_MS);
    const open = async () => (await stack.call("GET", "/tasks", null, tasksSchema)).tasks.some(({ state }) => !OVER.has(state));
    while (await open()) await delay(POOL_POLL_MS);
    live.close();
  }
}

if (!imageIsPresent(IMAGE)) throw new Error(`${IMAGE} is not in the container engine at DOCKER_HOST: \`npm start\` builds it`);
const stack = await BerthStack.start(process.cwd());
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void stack.stop().finally(() => process.exit(1)));
try {
  const samples: Samples = { dockerRunToBanner: [], requestToRunning: [], requestToBanner: [], clickToFirstFrame: [], claimToBanner: [] };
  const timelines = new Timelines();
  if (!flags.warm) await measureCold(stack, samples, timelines);
  await measureWarm(stack, samples);
  const report: StartReport = {
    date: new Date().toISOString().slice(0, 10),
    command: `npm run bench -- start${flags.quick ? " --quick" : ""}${flags.warm ? " --warm" : ""}`,
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
