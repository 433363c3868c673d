/** `npm run client:build`: the typed client and the command `berth` in client/dist, ready for `npm pack`. */
import { buildClient } from "./lib/client-build.mjs";
import { ensureDependencies } from "./lib/dependencies.mjs";
import { runMain, say } from "./lib/say.mjs";

await runMain(async () => {
  ensureDependencies();
  await buildClient();
  say.done("client/dist has the client, its types and berth.mjs");
});
