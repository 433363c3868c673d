/** `npm run backup [-- FILE]`: the embedded database, keys and settings as one archive, also while Berth runs. */
import { runServerProgram } from "./lib/run-server-program.mjs";

await runServerProgram("backup", { usage: "npm run backup [-- FILE]", takes: "path" });
