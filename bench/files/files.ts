/** `npm run bench -- files [--quick]`: files into a session and out of it by `berth cp`, against `docker cp` into the same container. Needs `npm run build` and an engine with the image. */
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs, promisify } from "node:util";
import { z } from "zod";
import { createBerthClient } from "../../client/berth-client";
import { describeMachine } from "../measure/machine";
import { machineSettled } from "../measure/settled";
import { BerthStack } from "../start/berth-stack";
import { bigFile, smallFiles } from "./cargo";
import { type FilesRow, filesMarkdown } from "./report";
import { type Sampled, sampled } from "./sampled";

const TEMPLATE = "terminal-desktop";
const HOME = "/home/user";
const FILES = 5000;

const { values: flags } = parseArgs({
  options: { quick: { type: "boolean", default: false }, json: { type: "string" }, markdown: { type: "string" } },
});
const [mebibytes, rounds] = flags.quick ? [200, 2] : [1024, 3];

const run = promisify(execFile);
const docker = (args: readonly string[]) => run("docker", args);
const idSchema = z.object({ id: z.string() });
const phaseSchema = z.object({ status: z.object({ phase: z.string() }) });

interface Way {
  readonly name: string;
  readonly bytes: number;
  readonly files: number;
  readonly docker: () => Promise<unknown>;
  readonly berth: () => Promise<unknown>;
}

const folder = mkdtempSync(join(tmpdir(), "berth-bench-files-"));
const stack = await BerthStack.start(process.cwd());
let volume: string | null = null;
const tidy = async (): Promise<void> => {
  await stack.stop();
  if (volume) await docker(["volume", "rm", "-f", volume]);
  rmSync(folder, { recursive: true, force: true });
};
let tidied: Promise<void> | null = null;
/** Once: what a signal breaks off fails meanwhile, and must not end the program before everything is gone. */
const end = (): Promise<void> => {
  tidied ??= tidy();
  return tidied;
};
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void end().finally(() => process.exit(1)));
try {
  const { id } = await stack.call("POST", "/sessions", { template: TEMPLATE, persistent_home: true }, idSchema);
  while ((await stack.call("GET", `/sessions/${id}`, null, phaseSchema)).status.phase !== "Running") await delay(200);
  const container = execFileSync("docker", ["ps", "-q", "--filter", `label=dev.berth.session=${id}`], { encoding: "utf8" }).trim();
  const mounts = execFileSync("docker", ["inspect", "-f", "{{range .Mounts}}{{.Name}}\n{{end}}", container], { encoding: "utf8" });
  volume = mounts.split("\n").find((name) => name.startsWith("berth-home-")) ?? null;
  const { files } = createBerthClient({ url: stack.url, token: stack.token });
  const pids = { agent: stack.agentPid, "control plane": stack.controlPlanePid };

  const [big, tree] = [join(folder, "big"), join(folder, "tree")];
  const bigBytes = await bigFile(big, mebibytes);
  const treeBytes = smallFiles(tree, FILES);
  const back = (name: string) => join(folder, `back-${name}`);
  const waysOf = (round: number): Way[] => [
    {
      name: `${mebibytes} MiB in`,
      bytes: bigBytes,
      files: 1,
      docker: () => docker(["cp", big, `${container}:${HOME}/docker-big-${round}`]),
      berth: () => files.upload(id, big, `${HOME}/berth-big-${round}`),
    },
    {
      name: `${mebibytes} MiB out`,
      bytes: bigBytes,
      files: 1,
      docker: () => docker(["cp", `${container}:${HOME}/docker-big-${round}`, back("docker-big")]),
      berth: () => files.download(id, `${HOME}/berth-big-${round}`, back("berth-big")),
    },
    {
      name: `${FILES} files of 4 KiB in`,
      bytes: treeBytes,
      files: FILES,
      docker: () => docker(["cp", tree, `${container}:${HOME}/docker-tree-${round}`]),
      berth: () => files.upload(id, tree, `${HOME}/berth-tree-${round}`),
    },
    {
      name: `${FILES} files of 4 KiB out`,
      bytes: treeBytes,
      files: FILES,
      docker: () => docker(["cp", `${container}:${HOME}/docker-tree-${round}`, back(`docker-tree-${round}`)]),
      berth: () => files.download(id, `${HOME}/berth-tree-${round}`, back(`berth-tree-${round}`)),
    },
  ];
  const taken = waysOf(0).map(() => ({ docker: [] as Sampled[], berth: [] as Sampled[] }));
  for (let round = 0; round < rounds; round++) {
    for (const [at, way] of waysOf(round).entries()) {
      for (const who of ["docker", "berth"] as const) {
        await machineSettled();
        const one = await sampled(pids, way[who]);
        taken[at]?.[who].push(one);
        process.stderr.write(`${way.name}, ${who}: ${one.seconds.toFixed(2)} s\n`);
      }
    }
    // The folders stay: for minutes after thousands of files were removed, ext4 takes several times as long to make new ones.
    for (const name of ["docker", "berth"]) rmSync(back(`${name}-big`), { force: true });
  }
  const rows: FilesRow[] = waysOf(0).map(({ name, bytes, files: count }, at) => {
    const { docker: first = [], berth: second = [] } = taken[at] ?? {};
    return { name, bytes, files: count, docker: first, berth: second };
  });
  const machine = describeMachine(["docker"]);
  const command = `npm run bench -- files${flags.quick ? " --quick" : ""}`;
  const report = { date: new Date().toISOString().slice(0, 10), command, machine, rows };
  const markdown = filesMarkdown(report);
  if (flags.json) writeFileSync(flags.json, `${JSON.stringify(report, null, 1)}\n`);
  if (flags.markdown) writeFileSync(flags.markdown, `${markdown}\n`);
  process.stdout.write(`${markdown}\n`);
} finally {
  await end();
}
