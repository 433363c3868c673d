/** `npm run build`: everything that `npm start` runs, into dist/ and .next/. */
import { buildAll } from "./lib/build.mjs";
import { checkNode, ensureDependencies } from "./lib/dependencies.mjs";
import { runMain, say } from "./lib/say.mjs";

await runMain(async () => {
  checkNode();
  ensureDependencies();
  await buildAll();
  say.done("dist/ and .next/ are up to date");
});
