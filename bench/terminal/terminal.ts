/** `npm run bench -- terminal [--quick]`: how long a keystroke takes to come back from a program in a session, against `docker exec -it` in the same container. Needs `npm run build` and an engine with the image. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { z } from "zod";
import { describeMachine, machineLine } from "../measure/machine";
import { median, percentile, rounded } from "../measure/statistics";
import { BerthStack } from "../start/berth-stack";
import { berthTypist, dockerTypist, type Typist } from "./typists";

const TEMPLATE = "terminal-desktop";
/** Slower than the median of `docker exec -it` by this at most. */
const LIMIT_MS = 2;
const KEYSTROKES = 100;
/** A person's pace, and no more: a byte must not find the way still warm from the one before. */
const BETWEEN_MS = 15;

const { values: flags } = parseArgs({
  options: { quick: { type: "boolean", default: false }, json: { type: "string" }, markdown: { type: "string" } },
});
const rounds = flags.quick ? 2 : 8;

const idSchema = z.object({ id: z.string() });
const phaseSchema = z.object({ status: z.object({ phase: z.string() }) });

async function type(typist: Typist, into: number[]): Promise<void> {
  for (let stroke = 0; stroke < KEYSTROKES; stroke++) {
    await delay(BETWEEN_MS);
    into.push(await typist.keystroke());
  }
}

const stack = await BerthStack.start(process.cwd());
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void stack.stop().finally(() => process.exit(1)));
try {
  const { id } = await stack.call("POST", "/sessions", { template: TEMPLATE, persistent_home: false }, idSchema);
  while ((await stack.call("GET", `/sessions/${id}`, null, phaseSchema)).status.phase !== "Running") await delay(200);
  const container = execFileSync("docker", ["ps", "-q", "--filter", `label=dev.berth.session=${id}`], { encoding: "utf8" }).trim();
  const terminal = await stack.call("POST", `/sessions/${id}/terminals`, {}, idSchema);
  const docker = await dockerTypist(container);
  const berth = await berthTypist(`${stack.url}/api/v1/sessions/${id}/terminals/${terminal.id}`, stack.authorization);
  const samples = { docker: [] as number[], berth: [] as number[] };
  const warmUp: number[] = [];
  for (const typist of [docker, berth]) await type(typist, warmUp);
  for (let round = 0; round < rounds; round++) {
    await type(docker, samples.docker);
    await type(berth, samples.berth);
  }
  docker.leave();
  berth.leave();
  const row = (title: string, values: readonly number[]) =>
    `| ${title} | ${rounded(median(values))} ms | ${rounded(percentile(values, 0.9))} ms | ${rounded(percentile(values, 0.99))} ms |`;
  const more = median(samples.berth) - median(samples.docker);
  const machine = describeMachine(["docker"]);
  const command = `npm run bench -- terminal${flags.quick ? " --quick" : ""}`;
  const markdown = [
    `${new Date().toISOString().slice(0, 10)}, \`${command}\`, ${samples.berth.length} keystrokes each way, in turns. ${machineLine(machine)}.`,
    [
      "| a byte, until `cat` gave it back | median | p90 | p99 |",
      "| --- | --- | --- | --- |",
      row("`docker exec -it`", samples.docker),
      row("**berth**: WebSocket, control plane, agent, engine", samples.berth),
    ].join("\n"),
    [
      "| bar | measured | limit | |",
      "| --- | --- | --- | --- |",
      `| slower than \`docker exec -it\` by | ${rounded(more)} ms | ≤ ${LIMIT_MS} ms | ${more <= LIMIT_MS ? "met" : "**missed**"} |`,
    ].join("\n"),
  ].join("\n\n");
  if (flags.json) writeFileSync(flags.json, `${JSON.stringify({ machine, samples }, null, 1)}\n`);
  if (flags.markdown) writeFileSync(flags.markdown, `${markdown}\n`);
  process.stdout.write(`${markdown}\n`);
} finally {
  await stack.stop();
}
