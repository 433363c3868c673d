/** Runs one of the small programs beside the control plane (dist/<name>.mjs) on this installation's settings. */
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { bundleServer, generateClient } from "./build.mjs";
import { checkNode, ensureDependencies } from "./dependencies.mjs";
import { dataDir, inRoot } from "./paths.mjs";
import { Refusal, runMain } from "./say.mjs";

/**
 * `usage` is how the person writes it; `takes` is the one thing that may stand after `--`, where a "path" means the folder that the person is
 * in. A word too many is refused before anything is done: it was meant to say something.
 */
export function runServerProgram(name, { usage, takes = null }) {
  return runMain(async () => {
    const given = process.argv.slice(2);
    const surplus = given.find((word) => word.startsWith("-")) ?? given[takes ? 1 : 0];
    if (surplus !== undefined) throw new Refusal(`'${surplus}' is not understood. Usage: ${usage}`);
    checkNode();
    ensureDependencies();
    await generateClient();
    await bundleServer();
    const folder = process.env.INIT_CWD ?? process.cwd();
    const words = given.map((word) => (takes === "path" ? resolve(folder, word) : word));
    const env = { ...process.env, DATA_DIR: dataDir(), NODE_ENV: "production" };
    process.exitCode =
      spawnSync(process.execPath, [inRoot("dist", `${name}.mjs`), ...words], { cwd: folder, env, stdio: "inherit" }).status ?? 1;
  });
}
