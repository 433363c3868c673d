/** Rounds one after the other, on one engine: half of them with the control plane's own database, half with one beside it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type Docker from "dockerode";
import { engineTarget } from "../agent/drivers/docker/engine-target";
import { BASE_IMAGE, EngineFixture } from "../agent/testing/engine-fixture";
import { DockerTrial, type TrialParts } from "./docker-trial";
import { type DatabaseKind, Installation } from "./installation";
import { Ledger } from "./ledger";
import type { PlannedRound } from "./plan";
import { type RoundResult, runRound } from "./round";
import { SessionTrial } from "./session-trial";
import { SmallRegistry } from "./small-registry";
import type { Trial } from "./trial";

const TEMPLATE = "faults";
/** A display that says its banner and nothing more, and ends when it is told to. */
const DISPLAY =
  "exec perl -MIO::Socket::UNIX -e '$SIG{TERM} = sub { exit 0 }; my $s = IO::Socket::UNIX->new(Local => $ENV{BERTH_DISPLAY_SOCKET}, Listen => 9) or die; while (1) { my $v = $s->accept or next; $v->syswrite(qq(RFB 003.008\\n)) }'";

export interface RunOptions {
  readonly dockerHost: string | undefined;
  readonly databases: readonly DatabaseKind[];
  /** Called after each round. */
  readonly told: (result: RoundResult, database: DatabaseKind) => void;
}

/** What was found in each round, and at the end: nothing that happened later may have changed what was counted. */
export async function runRounds(rounds: readonly PlannedRound[], options: RunOptions): Promise<RoundResult[]> {
  const target = engineTarget(options.dockerHost);
  if (!target.unix || !target.options.socketPath) throw new Error("the fault rounds need a container engine at a unix socket");
  const fixture = new EngineFixture(target);
  const registry = await SmallRegistry.start();
  const results: RoundResult[] = [];
  try {
    const image = await fixture.imageThatRuns(DISPLAY, "1000:1000", BASE_IMAGE);
    const share = Math.ceil(rounds.length / options.databases.length);
    for (const [index, database] of options.databases.entries()) {
      const mine = rounds.slice(index * share, (index + 1) * share);
      const parts = { database, image, registry: registry.address, engineSocket: target.options.socketPath, docker: fixture.docker };
      if (mine.length > 0) results.push(...(await onOne(mine, parts, (result) => options.told(result, database))));
    }
  } finally {
    registry.stop();
    await fixture.end();
  }
  return results;
}

interface OneParts {
  readonly database: DatabaseKind;
  readonly image: string;
  readonly registry: string;
  readonly engineSocket: string;
  readonly docker: Docker;
}

async function onOne(rounds: readonly PlannedRound[], parts: OneParts, told: (result: RoundResult) => void): Promise<RoundResult[]> {
  const { database, docker, engineSocket } = parts;
  const folder = mkdtempSync(join(tmpdir(), "bf-"));
  const ledger = await Ledger.open(docker);
  const berth = await Installation.start({ database, folder, engineSocket });
  const done: { result: RoundResult; trial: Trial }[] = [];
  let well = false;
  try {
    await makeTemplate(berth, parts.image);
    const run = Math.random().toString(36).slice(2, 8);
    for (const planned of rounds) {
      const trial = trialOf(planned, { berth, docker, ledger, name: `fault-${run}-${planned.number}` }, parts.registry);
      const result = await runRound(planned, berth, trial).catch((error: unknown): RoundResult => {
        const problems = [error instanceof Error ? (error.stack ?? error.message) : String(error)];
        return { planned, task: null, outcome: "not ended", reached: false, problems, seconds: 0, secondsToEnd: 0 };
      });
      told(result);
      done.push({ result, trial });
      if (result.outcome === "not ended") break;
    }
    for (const { result, trial } of done) result.problems.push(...later(result, trial));
    const label = [`dev.berth.agent=${berth.agentId}`];
    const left = await docker.listContainers({ all: true, filters: { label } });
    const last = done.at(-1)?.result;
    if (left.length > 0) last?.problems.push(`left in the engine: ${left.map(({ Names, State }) => `${Names[0]} (${State})`).join(", ")}`);
    for (const { Id } of left) await docker.getContainer(Id).remove({ force: true, v: true });
    well = done.every(({ result }) => result.problems.length === 0);
  } finally {
    await berth.stop();
    await ledger.close();
    if (well) rmSync(folder, { recursive: true, force: true });
    else process.stderr.write(`logs and data of these rounds are kept in ${folder}\n`);
  }
  return done.map(({ result }) => result);
}

function later({ task, problems }: RoundResult, trial: Trial): string[] {
  return trial
    .counts(task)
    .filter((problem) => !problems.includes(problem))
    .map((problem) => `at the end of all rounds: ${problem}`);
}

function trialOf({ kind }: PlannedRound, parts: TrialParts, registry: string): Trial {
  switch (kind) {
    case "docker.run":
    case "docker.pull":
    case "docker.stop":
    case "docker.remove":
      return new DockerTrial(kind, parts, registry);
    default:
      return new SessionTrial(kind, parts, TEMPLATE);
  }
}

function makeTemplate(berth: Installation, image: string): Promise<unknown> {
  return berth.call("POST", "/templates", {
    name: TEMPLATE,
    display_name: "Faults",
    category: "Tests",
    image,
    display: { protocol: "rfb", port: 5900, unix_socket: true },
    default_resources: { memory: "64Mi", cpu: "100m" },
    shm_size: "32Mi",
    persistent_home: false,
  });
}
