import type { UserRole } from "../../../server/modules/users/users-schema";

export const roles: readonly UserRole[] = ["user", "operator", "admin"];

/** What each role is called, and what it may do in a sentence. */
export const roleWords: Readonly<Record<UserRole, { readonly name: string; readonly may: string }>> = {
  user: { name: "User", may: "Launches and uses their own sessions, and keeps their own homes. Sees nobody else’s." },
  operator: {
    name: "Operator",
    may: "Runs the fleet: every session’s state, agents and tasks. Sees nobody’s screen or files, and no people.",
  },
  admin: {
    name: "Administrator",
    may: "Everything, people and templates too. Opening another person’s screen asks for a reason, which they and the audit log see.",
  },
};

export const roleOf = (text: string): UserRole => roles.find((role) => role === text) ?? "user";
