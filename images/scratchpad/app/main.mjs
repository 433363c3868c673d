import { homedir } from "node:os";
import { join } from "node:path";
import { createScratchpad } from "./server.mjs";

const port = Number(process.env.PORT || 8080);
const { server, close } = await createScratchpad({ notesFile: join(homedir(), "notes.json") });
server.listen(port, "0.0.0.0", () => console.log(`Scratchpad listens on port ${port}`));
for (const signal of ["SIGTERM", "SIGINT"]) {
  process.once(signal, async () => {
    setTimeout(() => process.exit(0), 2000).unref();
    await close();
    process.exit(0);
  });
}
