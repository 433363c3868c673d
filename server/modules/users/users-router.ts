import { z } from "zod";
import { enforce } from "../../platform/verdict";
import { procedure, publicProcedure, router } from "../../trpc/init";
import { userMissing } from "./user-missing";
import { type Actor, mayUsers, type UserAction } from "./users-policy";
import {
  changePasswordInput,
  changePasswordOutput,
  createUserInput,
  listUsersInput,
  listUsersOutput,
  signInInput,
  signInOutput,
  updateUserInput,
  userSchema,
} from "./users-schema";

const allow = (actor: Actor, action: UserAction, id = "") => enforce(mayUsers(actor, action), () => userMissing(id), "administer people");

export const authRouter = router({
  signIn: publicProcedure
    .meta({ rest: { method: "POST", path: "/auth/login" } })
    .input(signInInput)
    .output(signInOutput)
    .mutation(({ ctx, input }) => ctx.services.auth.signInForToken({ ...input, address: ctx.address })),
  signOut: procedure
    .meta({ rest: { method: "POST", path: "/auth/logout" } })
    .output(z.object({ message: z.string() }))
    .mutation(async ({ ctx }) => {
      await ctx.services.auth.signOut(ctx.login.loginId);
      return { message: "Logout successful" };
    }),
  me: procedure
    .meta({ rest: { method: "GET", path: "/auth/me" } })
    .output(userSchema)
    .query(({ ctx }) => ctx.services.users.get(ctx.login.userId)),
});

export const usersRouter = router({
  list: procedure
    .meta({ rest: { method: "GET", path: "/users" } })
    .input(listUsersInput)
    .output(listUsersOutput)
    .query(({ ctx, input }) => {
      allow(ctx.login, "list");
      return ctx.services.users.list(input);
    }),
  create: procedure
    .meta({ rest: { method: "POST", path: "/users", status: 201 } })
    .input(createUserInput)
    .output(userSchema)
    .mutation(({ ctx, input }) => {
      allow(ctx.login, "create");
      return ctx.services.users.create(ctx.asker, input);
    }),
  update: procedure
    .meta({ rest: { method: "PATCH", path: "/users/{id}" } })
    .input(updateUserInput)
    .output(userSchema)
    .mutation(({ ctx, input }) => {
      allow(ctx.login, "update", input.id);
      return ctx.services.users.update(ctx.asker, input);
    }),
  changePassword: procedure
    .meta({ rest: { method: "POST", path: "/auth/password" } })
    .input(changePasswordInput)
    .output(changePasswordOutput)
    .mutation(({ ctx, input }) => {
      allow(ctx.login, "changeOwnPassword");
      return ctx.services.auth.changePassword(ctx.asker, input);
    }),
});
