/** `npm run dev`: the same stack from the sources. A change of the server or the agent starts it anew, one of a page is swapped in the browser. */
import { bundleAgent, generateClient } from "./lib/build.mjs";
import { controlPlaneAddress, ensurePortsFree } from "./lib/control-plane-address.mjs";
import { checkNode, ensureDependencies } from "./lib/dependencies.mjs";
import { inRoot } from "./lib/paths.mjs";
import { runMain } from "./lib/say.mjs";
import { runStack } from "./lib/stack.mjs";

const watch = [
  inRoot("node_modules/tsx/dist/cli.mjs"),
  "watch",
  "--clear-screen=false",
  "--exclude",
  "./app/**",
  "--exclude",
  "./.next/**",
];

await runMain(async () => {
  checkNode();
  await ensurePortsFree(controlPlaneAddress());
  ensureDependencies();
  await generateClient();
  // Other hosts download it from the control plane.
  await bundleAgent();
  process.exitCode = await runStack({
    programs: { controlPlane: [...watch, inRoot("server/main.ts")], agent: [...watch, inRoot("agent/main.ts")] },
    env: { NODE_ENV: "development" },
  });
  process.exit();
});
