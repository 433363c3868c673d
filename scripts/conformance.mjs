/** `npm run conformance -- --url …` or `-- --agent "…"`: holds a control plane or an agent against their contracts. `-- --help` says more. */
import { spawnSync } from "node:child_process";
import { checkNode, ensureDependencies } from "./lib/dependencies.mjs";
import { inRoot } from "./lib/paths.mjs";
import { runMain } from "./lib/say.mjs";

await runMain(async () => {
  checkNode();
  ensureDependencies();
  const { build } = await import("esbuild");
  await build({
    absWorkingDir: inRoot(),
    entryPoints: { conformance: "conformance/main.ts" },
    outdir: "dist",
    outExtension: { ".js": ".mjs" },
    bundle: true,
    packages: "external",
    format: "esm",
    platform: "node",
    target: "node20",
    logLevel: "warning",
    tsconfig: "tsconfig.base.json",
  });
  const folder = process.env.INIT_CWD ?? process.cwd();
  const child = spawnSync(process.execPath, [inRoot("dist", "conformance.mjs"), ...process.argv.slice(2)], {
    cwd: folder,
    stdio: "inherit",
  });
  process.exitCode = child.status ?? 1;
});
