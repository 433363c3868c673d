import { z } from "zod";
import { personProcedure, router } from "../../trpc/init";
import { createTokenInput, createTokenOutput, listTokensInput, listTokensOutput, tokenIdInput } from "./tokens-schema";

/** Who may do what with whose tokens is asked in the service, which reads whose they are. */
export const tokensRouter = router({
  list: personProcedure
    .meta({ rest: { method: "GET", path: "/tokens", summary: "List your API tokens, or a service account's" } })
    .input(listTokensInput)
    .output(listTokensOutput)
    .query(async ({ ctx, input }) => ({ tokens: await ctx.services.tokens.list(ctx.asker, input.userId) })),
  create: personProcedure
    .meta({
      rest: {
        method: "POST",
        path: "/tokens",
        status: 201,
        summary: "Make an API token; its value is told this once",
        example: { name: "nightly build", scope: "write", expires_in_days: 90 },
      },
    })
    .input(createTokenInput)
    .output(createTokenOutput)
    .mutation(({ ctx, input }) => ctx.services.tokens.create(ctx.asker, input)),
  revoke: personProcedure
    .meta({ rest: { method: "DELETE", path: "/tokens/{id}", status: 204, summary: "Revoke an API token" } })
    .input(tokenIdInput)
    .output(z.void())
    .mutation(({ ctx, input }) => ctx.services.tokens.revoke(ctx.asker, input.id)),
});
