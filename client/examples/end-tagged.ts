/**
 * Ends every session of one's own that has a tag, several at a time, and waits until each has ended.
 *
 *   BERTH_URL=http://localhost:3000 BERTH_TOKEN=… npx tsx client/examples/end-tagged.ts example
 */
import { createBerthClient } from "../berth-client";

const [tag] = process.argv.slice(2);
if (!tag) throw new Error("Say which tag: end-tagged.ts <tag>");

const berth = createBerthClient();
const { username } = await berth.api.auth.me.query();
let ended = 0;
for (let cursor: string | undefined; ; ) {
  const { sessions, pagination } = await berth.api.sessions.list.query({ user: username, tags: [tag], live: true, limit: 20, cursor });
  await Promise.all(
    sessions.map(async ({ id, name }) => {
      await berth.api.sessions.terminate.mutate({ id });
      await berth.sessions.waitFor(id, { phase: "Terminated" });
      console.log(`${name} has ended`);
      ended += 1;
    }),
  );
  if (pagination.nextCursor === null) break;
  cursor = pagination.nextCursor;
}
console.log(`${ended} ended`);
await berth.close();
