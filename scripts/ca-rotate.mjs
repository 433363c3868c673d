/** `npm run ca:rotate`: a new certificate authority for the agents; none is cut off. */
import { runServerProgram } from "./lib/run-server-program.mjs";

await runServerProgram("ca-rotate", { usage: "npm run ca:rotate" });
