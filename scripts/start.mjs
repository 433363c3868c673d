/** `npm start`: from a fresh clone to a control plane with a local agent, in one command that can be run again at any time. */
import { buildAll } from "./lib/build.mjs";
import { controlPlaneAddress, ensurePortsFree } from "./lib/control-plane-address.mjs";
import { checkNode, ensureDependencies } from "./lib/dependencies.mjs";
import { inRoot } from "./lib/paths.mjs";
import { runMain } from "./lib/say.mjs";
import { runStack } from "./lib/stack.mjs";

await runMain(async () => {
  checkNode();
  // Before anything that takes time.
  await ensurePortsFree(controlPlaneAddress());
  ensureDependencies();
  await buildAll();
  process.exitCode = await runStack({
    programs: { controlPlane: ["--enable-source-maps", inRoot("dist/server.mjs")], agent: [inRoot("dist/agent.mjs")] },
    env: { NODE_ENV: "production" },
  });
  process.exit();
});
