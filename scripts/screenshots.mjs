/** `npm run screenshots`: every page in every designed state into test-results/contact-sheet/, one sheet of thumbnails a state. Needs no engine. */
import { ensureBrowser } from "./lib/browser.mjs";
import { buildAll } from "./lib/build.mjs";
import { checkNode, ensureDependencies } from "./lib/dependencies.mjs";
import { inRoot } from "./lib/paths.mjs";
import { runProgram } from "./lib/run-step.mjs";
import { runMain, say } from "./lib/say.mjs";

await runMain(async () => {
  checkNode();
  await ensureDependencies();
  const CHROMIUM_PATH = await ensureBrowser();
  await buildAll();
  const cli = inRoot("node_modules/@playwright/test/cli.js");
  const code = await runProgram(process.execPath, [cli, "test", "-c", "e2e/contact-sheet/contact-sheet.config.ts"], {
    env: { CHROMIUM_PATH },
  });
  if (code === 0) say.done(`Open ${inRoot("test-results/contact-sheet")}`);
  return code;
});
