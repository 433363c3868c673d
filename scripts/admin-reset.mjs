/** `npm run admin:reset`: a new password for the first admin, shown once. */
import { runServerProgram } from "./lib/run-server-program.mjs";

await runServerProgram("admin-reset");
