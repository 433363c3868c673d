/** Runs one of the small programs beside the control plane (dist/<name>.mjs) on this installation's settings. */
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { bundleServer, generateClient } from "./build.mjs";
import { checkNode, ensureDependencies } from "./dependencies.mjs";
import { dataDir, inRoot } from "./paths.mjs";
import { runMain } from "./say.mjs";

/** Words after `--` are passed on; where they are paths, they mean the folder that the person is in. */
export function runServerProgram(name, { takesPaths = false } = {}) {
  return runMain(async () => {
    checkNode();
    ensureDependencies();
    await generateClient();
    await bundleServer();
    const folder = process.env.INIT_CWD ?? process.cwd();
    const words = process.argv.slice(2).map((word) => (takesPaths ? resolve(folder, word) : word));
    const env = { ...process.env, DATA_DIR: dataDir(), NODE_ENV: "production" };
    process.exitCode =
      spawnSync(process.execPath, [inRoot("dist", `${name}.mjs`), ...words], { cwd: folder, env, stdio: "inherit" }).status ?? 1;
  });
}
