/** `npm run bench -- fleet [--quick] [--rungs 100,1000] [--storm 1000]`: agents over mutual TLS by the thousand. Needs `npm run build`; needs no container engine. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { makeCertificate } from "../measure/certificate";
import { describeMachine } from "../measure/machine";
import { Crews } from "./crews";
import { FleetHouse } from "./house";
import { ARRIVALS_PER_SECOND, climb, type Floor, fill, measureFloor, type Rung } from "./ladder";
import { type FleetReport, fleetMarkdown, rungLine } from "./report";
import { rage, type Storm, storms, weathered } from "./storm";
import { Watch } from "./watch";

const { values: flags } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    rungs: { type: "string" },
    floor: { type: "string" },
    storm: { type: "string" },
    trips: { type: "string" },
    seed: { type: "string", default: "1" },
    /** Ends with 1 where a storm was not weathered. */
    demand: { type: "boolean", default: false },
    profile: { type: "string" },
    json: { type: "string" },
    markdown: { type: "string" },
  },
});
const rungs = (flags.rungs ?? (flags.quick ? "100" : "100,1000,2500,5000,10000")).split(",").map(Number).filter(Boolean);
const floorAgents = Number(flags.floor ?? (flags.quick ? 100 : 1000));
const stormAgents = Number(flags.storm ?? (flags.quick ? 100 : 1000));
const trips = Number(flags.trips ?? (flags.quick ? 40 : 300));
const windowMs = flags.quick ? 12_000 : 20_000;
const seed = Number(flags.seed);
const say = (text: string) => process.stderr.write(`${text}\n`);

/** A house of its own, with a watch on it and crews that dial it. */
async function inHouse<Output>(run: (house: FleetHouse, watch: Watch, crews: Crews) => Promise<Output>): Promise<Output> {
  const house = await FleetHouse.open(process.cwd(), flags.profile);
  const crews = new Crews({ url: house.agentUrl, folder: house.folder, seed });
  const watch = await Watch.begin(house);
  try {
    return await run(house, watch, crews);
  } finally {
    await crews.stop();
    await watch.end();
    await house.close();
  }
}

async function measureFloors(): Promise<Floor[]> {
  if (floorAgents === 0) return [];
  const folder = mkdtempSync(join(tmpdir(), "berth-floor-"));
  try {
    const enrolled = await inHouse((house) => house.enrol(floorAgents));
    return [await measureFloor(enrolled, makeCertificate(folder), { folder, windowMs, trips, seed })];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureStorms(): Promise<Storm[]> {
  if (stormAgents === 0) return [];
  return inHouse(async (house, watch, crews) => {
    await crews.add(await house.enrol(stormAgents), ARRIVALS_PER_SECOND);
    await fill(stormAgents, async () => (await watch.told()).filter(({ told }) => told.includes("online")).length);
    const all: Storm[] = [];
    for (const kind of storms) {
      const storm = await rage(house, watch, crews, { kind, agents: stormAgents });
      say(
        `${kind}: ${storm.backSeconds === null ? "not all came back" : `all back after ${storm.backSeconds.toFixed(1)} s`}; ${storm.flaps.length} flaps`,
      );
      all.push(storm);
    }
    return all;
  });
}

const climbed: Rung[] =
  rungs.length > 0 ? await inHouse((house, watch, crews) => climb(house, watch, crews, { rungs, windowMs, trips, say })) : [];
for (const rung of climbed) say(rungLine(rung));
const report: FleetReport = {
  date: new Date().toISOString().slice(0, 10),
  command: `npm run bench -- fleet${process.argv
    .slice(2)
    .filter((word) => !/^(--json|--markdown)$|\.(json|md)$/.test(word))
    .map((word) => ` ${word}`)
    .join("")}`,
  machine: describeMachine([]),
  rungs: climbed,
  floors: await measureFloors(),
  storms: await measureStorms(),
};
const markdown = fleetMarkdown(report);
/** Without what is in the tables as percentiles. */
const withoutTimes = (key: string, value: unknown): unknown => (key.endsWith("Ms") && Array.isArray(value) ? undefined : value);
if (flags.json) writeFileSync(flags.json, `${JSON.stringify(report, withoutTimes, 1)}\n`);
if (flags.markdown) writeFileSync(flags.markdown, `${markdown}\n`);
process.stdout.write(`${markdown}\n`);
if (flags.demand && !report.storms.every(weathered)) {
  say(`A storm was not weathered (seed ${seed})`);
  process.exitCode = 1;
}
