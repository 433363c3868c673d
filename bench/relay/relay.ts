/**
 * `npm run bench -- relay [--quick] [--chains berth,nginx] [--phases speed,idle,stalled] [--profile FOLDER]`: how a viewer's
 * bytes travel, ours against others, in one run. Loopback only. `--profile` has V8 write CPU profiles of our own two processes.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { makeCertificate } from "../measure/certificate";
import { Child } from "../measure/child";
import { describeMachine } from "../measure/machine";
import { rounded } from "../measure/statistics";
import { judge } from "./bars";
import { type RunningChain, runnableChains, type Surroundings } from "./chains";
import { type ChainKey, Measurements } from "./metrics";
import { type Clients, fullSettings, measureIdleStreams, measureSpeed, measureStalledReaders, quickSettings } from "./phases";
import { type RelayReport, relayMarkdown } from "./report";

const { values: flags } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    chains: { type: "string" },
    phases: { type: "string" },
    profile: { type: "string" },
    json: { type: "string" },
    markdown: { type: "string" },
  },
});
const settings = flags.quick ? quickSettings : fullSettings;
const began = performance.now();
const say = (text: string) => process.stderr.write(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${text}\n`);

const wanted = flags.chains?.split(",");
const chosenChains = (tls: boolean) => runnableChains(tls).filter(({ name }) => !wanted || wanted.includes(name));

const phases = flags.phases?.split(",") ?? ["speed", "idle", "stalled"];
// So that what was started is ended by its own exit hooks.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

type Around = (tls: boolean) => Surroundings;

interface Started {
  readonly key: ChainKey;
  readonly chain: RunningChain;
}

async function started(around: Around): Promise<Started[]> {
  const all: Started[] = [];
  for (const tls of [false, true]) {
    for (const { name, start } of chosenChains(tls)) all.push({ key: { name, tls }, chain: await start(around(tls)) });
  }
  return all;
}

const stopped = (all: readonly Started[]) => Promise.all(all.map(({ chain }) => chain.stop()));
const named = ({ name, tls }: ChainKey): string => `${name}${tls ? ", TLS" : ""}`;

/** Processes that are warm, and the same in all rounds: what a long-running control plane costs, not its start. */
async function playSpeed(all: readonly Started[], clients: Clients, into: Measurements): Promise<void> {
  for (const { key, chain } of all) {
    say(`speed: ${named(key)}`);
    await measureSpeed(key, chain, clients, settings, into);
  }
}

/** New processes each time: memory that earlier streams left behind would hide what these ones take. */
async function playMemory(around: Around, clients: Clients, into: Measurements): Promise<void> {
  for (const measure of [measureIdleStreams, measureStalledReaders]) {
    const phase = measure === measureIdleStreams ? "idle" : "stalled";
    if (!phases.includes(phase)) continue;
    say(`${phase}: all chains`);
    const all = await started(around);
    await measure(all, clients, settings, into);
    await stopped(all);
  }
}

async function playRounds(around: Around, clients: Clients): Promise<Measurements> {
  const into = new Measurements();
  const speedChains = phases.includes("speed") ? await started(around) : [];
  for (let round = 1; round <= settings.rounds; round += 1) {
    say(`round ${round} of ${settings.rounds}`);
    await playSpeed(speedChains, clients, into);
    await playMemory(around, clients, into);
  }
  await stopped(speedChains);
  return into;
}

async function main(): Promise<RelayReport> {
  const folder = mkdtempSync(join(tmpdir(), "berth-bench-"));
  const source = Child.start("display", "./source.js");
  const clients = { client: Child.start("client", "./client.js"), loader: Child.start("loader", "./client.js") };
  try {
    const certificate = makeCertificate(folder);
    const displayPort = await source.call("port", null, z.number());
    const profileFolder = flags.profile ? resolve(flags.profile) : null;
    const measurements = await playRounds(
      (tls) => ({ displayPort, folder, certificate: tls ? certificate : null, profileFolder }),
      clients,
    );
    const results = measurements.results();
    return {
      date: new Date().toISOString().slice(0, 10),
      command: `npm run bench -- relay${flags.quick ? " --quick" : ""}`,
      machine: describeMachine(["nginx", "websockify", "openssl"]),
      settings,
      seconds: rounded((performance.now() - began) / 1000),
      results,
      bars: judge(results),
    };
  } finally {
    await Promise.all([source.stop(), clients.client.stop(), clients.loader.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }
}

const report = await main();
const markdown = relayMarkdown(report);
if (flags.json) writeFileSync(flags.json, `${JSON.stringify(report, null, 1)}\n`);
if (flags.markdown) writeFileSync(flags.markdown, `${markdown}\n`);
process.stdout.write(`${markdown}\n`);
