import { terminalSchema } from "@berth/protocol/terminal";
import { z } from "zod";
import { ASKS_AGENT, procedure, router } from "../../../trpc/init";
import {
  createTerminalInput,
  endTerminalInput,
  listTerminalsInput,
  listTerminalsOutput,
  openTerminalInput,
  openTerminalOutput,
  terminalVisitsOutput,
} from "./terminals-schema";

/** The service asks the policy: it is the session's, and what holds for it. */
export const terminalsRouter = router({
  list: procedure
    .meta({ rest: { method: "GET", path: "/sessions/{id}/terminals", summary: "List the terminals in a session", refusals: ASKS_AGENT } })
    .input(listTerminalsInput)
    .output(listTerminalsOutput)
    .query(({ ctx, input }) => ctx.services.terminals.list(ctx.asker, input.id)),
  create: procedure
    .meta({ rest: { method: "POST", path: "/sessions/{id}/terminals", status: 201, summary: "Start a shell in a session" } })
    .input(createTerminalInput)
    .output(terminalSchema)
    .mutation(({ ctx, input }) => ctx.services.terminals.create(ctx.asker, input)),
  end: procedure
    .meta({ rest: { method: "DELETE", path: "/sessions/{id}/terminals/{terminalId}", status: 204, summary: "End a terminal" } })
    .input(endTerminalInput)
    .output(z.void())
    .mutation(({ ctx, input }) => ctx.services.terminals.end(ctx.asker, input)),
  openTicket: procedure
    .meta({ rest: { method: "POST", path: "/sessions/{id}/terminals/ticket", summary: "Get a ticket for a terminal or a program" } })
    .input(openTerminalInput)
    .output(openTerminalOutput)
    .mutation(({ ctx, input }) => ctx.services.terminals.openTicket(ctx.asker, input)),
  /** For whoever may see the session's inside: which administrators are in it now. */
  visits: procedure
    .input(listTerminalsInput)
    .output(terminalVisitsOutput)
    .query(({ ctx, input }) => ctx.services.openTerminals.visits(ctx.asker, input.id)),
});
