/** `npm run restore -- FILE`: a backup into an empty DATA_DIR. */
import { runServerProgram } from "./lib/run-server-program.mjs";

await runServerProgram("restore", { usage: "npm run restore -- FILE", takes: "path" });
