import type { Outputs } from "../../trpc/client";

export type ListedUser = Outputs["users"]["list"]["users"][number];

/** Where an account stands: invited people have nothing yet to come with. */
export type UserStanding = "active" | "invited" | "invitation over" | "disabled";

export function standingOf(user: Pick<ListedUser, "active" | "hasPassword" | "invitedUntil">, now: number): UserStanding {
  if (!user.active) return "disabled";
  if (user.hasPassword || user.invitedUntil === null) return "active";
  return Date.parse(user.invitedUntil) > now ? "invited" : "invitation over";
}

export const signsInWith = (user: Pick<ListedUser, "kind" | "hasPassword" | "secondFactor" | "invitedUntil">): string => {
  if (user.kind === "service") return "API tokens";
  if (!user.hasPassword) return user.invitedUntil === null ? "single sign-on" : "nothing yet";
  return user.secondFactor ? "password and code" : "password";
};
