import { tracked } from "@trpc/server";
import { procedure, router } from "../../trpc/init";
import { liveInput } from "./live-schema";

export const liveRouter = router({
  /** Ends by itself when the login ends. Begins with `resync`, unless `lastEventId` is still within the last 2,000 events. */
  events: procedure.input(liveInput).subscription(async function* ({ ctx, input, signal }) {
    for await (const { id, event } of ctx.services.live.events(ctx.login, input?.lastEventId ?? null, signal)) yield tracked(id, event);
  }),
});
