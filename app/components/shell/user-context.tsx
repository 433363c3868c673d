"use client";
import { createContext, type ReactNode, useContext } from "react";
import type { UserRole } from "../../../server/modules/users/users-schema";

export interface CurrentUser {
  readonly id: string;
  readonly username: string;
  readonly role: UserRole;
  /** In which they want to read times; null is the browser's. */
  readonly timeZone: string | null;
}

const UserContext = createContext<CurrentUser | null>(null);

export function UserProvider({ user, children }: { user: CurrentUser; children: ReactNode }) {
  return <UserContext value={user}>{children}</UserContext>;
}

/** Who is signed in. What they may do is the server's word; this only decides what is shown. */
export function useCurrentUser(): CurrentUser {
  const user = useContext(UserContext);
  if (!user) throw new Error("useCurrentUser needs a page behind the sign-in");
  return user;
}

export const isOperator = (user: CurrentUser): boolean => user.role !== "user";
export const isAdmin = (user: CurrentUser): boolean => user.role === "admin";
