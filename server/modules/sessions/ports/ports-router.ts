import { z } from "zod";
import { procedure, router } from "../../../trpc/init";
import {
  forgetPortInput,
  openPortOutput,
  portLinkInput,
  portLinkOutput,
  portSharesInput,
  portSharesOutput,
  savedPortSchema,
  savePortInput,
  sessionPortsInput,
  sessionPortsOutput,
  sharePortInput,
  sharePortOutput,
  unsharePortInput,
} from "./ports-schema";

/** Ports of sessions. Who may is asked by the services: they know the session. To open one: `sessions.openPort`. */
export const portsRouter = router({
  list: procedure
    .meta({ rest: { method: "GET", path: "/sessions/{id}/ports", summary: "List a session's ports, and who listens there" } })
    .input(sessionPortsInput)
    .output(sessionPortsOutput)
    .query(({ ctx, input }) => ctx.services.ports.list(ctx.asker, input.id)),
  save: procedure
    .meta({
      rest: {
        method: "POST",
        path: "/sessions/{id}/ports",
        status: 201,
        summary: "Write a port of a session down",
        example: { port: 5432, name: "database", kind: "tcp" },
      },
    })
    .input(savePortInput)
    .output(savedPortSchema)
    .mutation(({ ctx, input }) => ctx.services.ports.save(ctx.asker, input)),
  forget: procedure
    .meta({ rest: { method: "DELETE", path: "/sessions/{id}/ports/{port}", status: 204, summary: "Remove a port that was written down" } })
    .input(forgetPortInput)
    .output(z.void())
    .mutation(({ ctx, input }) => ctx.services.ports.forget(ctx.asker, input)),
  shares: procedure
    .meta({ rest: { method: "GET", path: "/sessions/{id}/ports/shares", summary: "List the links to a session's ports" } })
    .input(portSharesInput)
    .output(portSharesOutput)
    .query(({ ctx, input }) => ctx.services.portShares.list(ctx.asker, input.id)),
  share: procedure
    .meta({
      rest: {
        method: "POST",
        path: "/sessions/{id}/ports/{port}/shares",
        status: 201,
        summary: "Make a link to a port, for signed-in users",
      },
    })
    .input(sharePortInput)
    .output(sharePortOutput)
    .mutation(({ ctx, input }) => ctx.services.portShares.create(ctx.asker, input)),
  unshare: procedure
    .meta({ rest: { method: "DELETE", path: "/sessions/{id}/ports/shares/{shareId}", status: 204, summary: "Take a link to a port back" } })
    .input(unsharePortInput)
    .output(z.void())
    .mutation(({ ctx, input }) => ctx.services.portShares.revoke(ctx.asker, input)),
  /** For whoever is signed in and has a link. */
  lookAtLink: procedure
    .input(portLinkInput)
    .output(portLinkOutput)
    .query(({ ctx, input }) => ctx.services.portShares.look(input)),
  enterByLink: procedure
    .input(portLinkInput)
    .output(openPortOutput)
    .mutation(({ ctx, input }) => ctx.services.portShares.enter(ctx.asker, input)),
});
