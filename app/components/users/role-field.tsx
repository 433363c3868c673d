"use client";
import { useId } from "react";
import type { UserRole } from "../../../server/modules/users/users-schema";
import { roles, roleWords } from "./role-words";

/** The three roles with what each may do. */
export function RoleField({ role, onRole }: { role: UserRole; onRole: (role: UserRole) => void }) {
  const name = useId();
  return (
    <fieldset className="flex flex-col gap-1.5">
      <legend className="mb-1.5 text-sm font-medium">Role</legend>
      <div className="divide-y divide-line rounded-md border border-line-strong/70">
        {roles.map((one) => (
          <label key={one} className="flex cursor-pointer gap-3 px-3 py-2 has-focus-visible:outline-2 has-focus-visible:outline-accent">
            <input
              type="radio"
              name={name}
              checked={one === role}
              onChange={() => onRole(one)}
              className="mt-1 shrink-0 self-start accent-accent"
            />
            <span className="min-w-0">
              <span className="block">{roleWords[one].name}</span>
              <span className="block text-sm text-ink-faint">{roleWords[one].may}</span>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
