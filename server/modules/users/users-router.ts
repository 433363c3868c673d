import { z } from "zod";
import { enforce } from "../../platform/verdict";
import { personProcedure, procedure, publicProcedure, router } from "../../trpc/init";
import { atOnce } from "../../trpc/parse-at-once";
import { usageSchema } from "../quotas/usage-schema";
import { demandScope } from "../tokens/token-scope";
import {
  acceptInvitationInput,
  acceptInvitationOutput,
  accountSchema,
  invitationOutput,
  inviteInput,
  seeInvitationInput,
  seeInvitationOutput,
} from "./account-schema";
import { userMissing } from "./user-missing";
import { type Actor, mayUsers, type UserAction } from "./users-policy";
import {
  changePasswordInput,
  changePasswordOutput,
  createServiceAccountInput,
  createUserInput,
  listUsersInput,
  listUsersOutput,
  signInInput,
  signInOutput,
  updateUserInput,
  userIdInput,
  userSchema,
} from "./users-schema";

const allow = (actor: Actor, action: UserAction, id = "") => enforce(mayUsers(actor, action), () => userMissing(id), "administer people");

export const authRouter = router({
  signIn: publicProcedure
    .meta({
      rest: {
        method: "POST",
        path: "/auth/login",
        summary: "Sign in and get a token",
        credential: "none",
        example: { username: "admin", password: "correct horse battery" },
      },
    })
    .input(signInInput)
    .output(signInOutput)
    .mutation(({ ctx, input }) =>
      ctx.services.auth.signInForToken({
        ...input,
        address: ctx.address,
        addressCounted: ctx.countedAsLogin,
        userAgent: ctx.userAgent,
      }),
    ),
  signOut: personProcedure
    .meta({ rest: { method: "POST", path: "/auth/logout", summary: "End this login" } })
    .output(z.object({ message: z.string() }))
    .mutation(async ({ ctx }) => {
      await ctx.services.auth.signOut(ctx.login.loginId);
      return { message: "Logout successful" };
    }),
  me: procedure
    .meta({ rest: { method: "GET", path: "/auth/me", summary: "See who you are" } })
    .output(atOnce(accountSchema))
    .query(({ ctx }) => ctx.services.users.account(ctx.login.userId)),
  /** POST, so that the token is in no log of addresses. */
  seeInvitation: publicProcedure
    .meta({ rest: { method: "POST", path: "/auth/invitation", summary: "See what an invitation is for", credential: "none" } })
    .input(seeInvitationInput)
    .output(seeInvitationOutput)
    .mutation(({ ctx, input }) => ctx.services.invitations.see(input.token)),
  acceptInvitation: publicProcedure
    .meta({
      rest: { method: "POST", path: "/auth/invitation/accept", summary: "Accept an invitation and choose a password", credential: "none" },
    })
    .input(acceptInvitationInput)
    .output(acceptInvitationOutput)
    .mutation(({ ctx, input }) => ctx.services.invitations.accept(input.token, input.password, { address: ctx.address })),
});

export const usersRouter = router({
  list: procedure
    .meta({ rest: { method: "GET", path: "/users", summary: "List users", shared: true } })
    .input(listUsersInput)
    .output(atOnce(listUsersOutput))
    .query(({ ctx, input }) => {
      allow(ctx.login, "list");
      return ctx.services.users.list(input);
    }),
  get: procedure
    .meta({ rest: { method: "GET", path: "/users/{id}", summary: "Get a user" } })
    .input(userIdInput)
    .output(userSchema)
    .query(({ ctx, input }) => {
      allow(ctx.login, "see", input.id);
      return ctx.services.users.get(input.id);
    }),
  usage: procedure
    .meta({ rest: { method: "GET", path: "/users/{id}/usage", summary: "See what a user has, of what they may have" } })
    .input(userIdInput)
    .output(usageSchema)
    .query(({ ctx, input }) => {
      allow(ctx.login, "see", input.id);
      return ctx.services.quotas.usage(input.id);
    }),
  invite: procedure
    .meta({
      rest: { method: "POST", path: "/users/invite", status: 201, summary: "Invite a person by a link", example: { username: "grace" } },
    })
    .input(inviteInput)
    .output(invitationOutput)
    .mutation(({ ctx, input }) => {
      allow(ctx.login, "invite");
      return ctx.services.invitations.invite(ctx.asker, input);
    }),
  renewInvitation: personProcedure
    .meta({ rest: { method: "POST", path: "/users/{id}/invitation", status: 201, summary: "Make a new invitation link" } })
    .input(userIdInput)
    .output(invitationOutput)
    .mutation(({ ctx, input }) => {
      allow(ctx.login, "invite", input.id);
      return ctx.services.invitations.renew(ctx.asker, input.id);
    }),
  endLogins: personProcedure
    .meta({ rest: { method: "POST", path: "/users/{id}/logout-everywhere", summary: "End all of a user's logins" } })
    .input(userIdInput)
    .output(z.object({ message: z.string() }))
    .mutation(async ({ ctx, input }) => {
      allow(ctx.login, "endLogins", input.id);
      await ctx.services.logins.endAll(ctx.asker, input.id);
      return { message: "Every login of this person has ended" };
    }),
  resetSecondFactor: personProcedure
    .meta({ rest: { method: "POST", path: "/users/{id}/second-factor/reset", summary: "Turn a user's second factor off" } })
    .input(userIdInput)
    .output(z.object({ message: z.string() }))
    .mutation(async ({ ctx, input }) => {
      allow(ctx.login, "resetSecondFactor", input.id);
      await ctx.services.secondFactor.reset(ctx.asker, input.id);
      return { message: "This person has no second factor any more" };
    }),
  create: procedure
    .meta({
      rest: {
        method: "POST",
        path: "/users",
        status: 201,
        summary: "Create a user",
        example: { username: "grace", password: "correct horse battery", role: "user" },
      },
    })
    .input(createUserInput)
    .output(userSchema)
    .mutation(({ ctx, input }) => {
      allow(ctx.login, "create");
      return ctx.services.users.create(ctx.asker, input);
    }),
  createServiceAccount: procedure
    .meta({
      rest: {
        method: "POST",
        path: "/users/service-accounts",
        status: 201,
        summary: "Create an account for scripts, which works by API tokens alone",
        example: { username: "nightly-build", role: "user" },
      },
    })
    .input(createServiceAccountInput)
    .output(userSchema)
    .mutation(({ ctx, input }) => {
      allow(ctx.login, "create");
      return ctx.services.users.createServiceAccount(ctx.asker, input);
    }),
  update: procedure
    .meta({ rest: { method: "PATCH", path: "/users/{id}", summary: "Change, disable or enable a user", example: { active: false } } })
    .input(updateUserInput)
    .output(userSchema)
    .mutation(({ ctx, input }) => {
      allow(ctx.login, "update", input.id);
      if (input.password !== undefined) demandScope(ctx.login.token, { type: "mutation", peopleOnly: true });
      return ctx.services.users.update(ctx.asker, input);
    }),
  changePassword: personProcedure
    .meta({
      rest: {
        method: "POST",
        path: "/auth/password",
        summary: "Change your password",
        example: { current_password: "correct horse battery", new_password: "a longer one than that" },
      },
    })
    .input(changePasswordInput)
    .output(changePasswordOutput)
    .mutation(({ ctx, input }) => {
      allow(ctx.login, "changeOwnPassword");
      return ctx.services.auth.changePassword(ctx.asker, input, ctx.userAgent);
    }),
});
