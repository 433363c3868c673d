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
import {
  type Clients,
  fullSettings,
  measureIdleStreams,
  measureSpeed,
  measureStalledReaders,
  quickSettings,
  type Settings,
} from "./phases";
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

async function started(around: Around): Promise<{ key: ChainKey; chain: RunningChain }[]> {
  const all: { key: ChainKey; chain: RunningChain }[] = [];
  for (const tls of [false, true]) {
    for (const { name, start } of chosenChains(tls)) all.push({ key: { name, tls }, chain: await start(around(tls)) });
  }
  return all;
}

async function playRound(around: Around, clients: Clients, settings: Settings, into: Measurements): Promise<void> {
  for (const [phase, measure] of [
    ["speed", measureSpeed],
    ["idle", measureIdleStreams],
  ] as const) {
    if (!phases.includes(phase)) continue;
    for (const tls of [false, true]) {
      for (const { name, start } of chosenChains(tls)) {
        say(`${phase}: ${name}${tls ? ", TLS" : ""}`);
        const chain = await start(around(tls));
        try {
          await measure({ name, tls }, chain, clients, settings, into);
        } finally {
          await chain.stop();
        }
      }
    }
  }
  if (!phases.includes("stalled")) return;
  say("stalled: all chains");
  const running = await started(around);
  try {
    await measureStalledReaders(running, clients, settings, into);
  } finally {
    await Promise.all(running.map(({ chain }) => chain.stop()));
  }
}

async function main(): Promise<RelayReport> {
  const folder = mkdtempSync(join(tmpdir(), "berth-bench-"));
  const source = Child.start("display", "./source.js");
  const clients = { client: Child.start("client", "./client.js"), loader: Child.start("loader", "./client.js") };
  try {
    const certificate = makeCertificate(folder);
    const displayPort = await source.call("port", null, z.number());
    const profileFolder = flags.profile ? resolve(flags.profile) : null;
    const around: Around = (tls) => ({ displayPort, folder, certificate: tls ? certificate : null, profileFolder });
    const measurements = new Measurements();
    for (let round = 1; round <= settings.rounds; round += 1) {
      say(`round ${round} of ${settings.rounds}`);
      await playRound(around, clients, settings, measurements);
    }
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
