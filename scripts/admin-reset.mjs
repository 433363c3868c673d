/** `npm run admin:reset [-- USERNAME]`: a new password for an administrator, the first unless named, shown once. */
import { runServerProgram } from "./lib/run-server-program.mjs";

await runServerProgram("admin-reset", { usage: "npm run admin:reset [-- USERNAME]", takes: "name" });
