"use client";
import { Bot } from "lucide-react";
import Link from "next/link";
import { RelativeTime } from "../data/relative-time";
import { rowLinkClass } from "../data/row-link";
import { SortHead, type Sorting } from "../data/sort-head";
import { Cell, Head, Table } from "../data/table";
import { roleWords } from "./role-words";
import type { UserSort } from "./user-filters";
import { UserMenu } from "./user-row-menu";
import { UserStanding } from "./user-standing";
import { type ListedUser, signsInWith } from "./user-words";

export function UserRows({ users, sorting }: { users: readonly ListedUser[]; sorting: Sorting<UserSort> }) {
  return (
    <Table
      label="Users"
      head={
        <>
          <SortHead by="username" sorting={sorting}>
            Name
          </SortHead>
          <Head className="w-32">State</Head>
          <SortHead by="role" sorting={sorting} wide className="w-32">
            Role
          </SortHead>
          <Head wide className="w-44">
            Signs in with
          </Head>
          <SortHead by="lastLogin" sorting={sorting} wide className="w-32">
            Last sign-in
          </SortHead>
          <Head className="w-14">
            <span className="sr-only">Actions</span>
          </Head>
        </>
      }
    >
      {users.map((user) => (
        <tr key={user.id} data-row={user.id} className="relative transition-colors duration-150 hover:bg-sunken/60">
          <Cell>
            <p className="truncate" title={user.displayName ? `${user.username}, ${user.displayName}` : user.username}>
              <Link href={`/users/${user.id}`} data-row-link className={rowLinkClass}>
                {user.username}
              </Link>
              {user.kind === "service" ? (
                <Bot aria-label="service account" role="img" className="ml-1.5 inline size-3.5 align-[-2px] text-ink-faint" />
              ) : null}
              {user.displayName ? <span className="text-ink-soft"> {user.displayName}</span> : null}
            </p>
            <p className="truncate text-sm text-ink-faint">
              <span className="md:hidden">{roleWords[user.role].name} · </span>
              {user.kind === "service" ? "service account" : (user.email ?? "no address")}
            </p>
          </Cell>
          <Cell>
            <UserStanding user={user} />
          </Cell>
          <Cell wide>{roleWords[user.role].name}</Cell>
          <Cell wide className="text-ink-soft">
            {signsInWith(user)}
          </Cell>
          <Cell wide className="text-sm text-ink-soft">
            <RelativeTime at={user.lastLoginAt} />
          </Cell>
          <Cell className="px-2!">
            <div className="relative z-10 flex justify-end">
              <UserMenu user={user} />
            </div>
          </Cell>
        </tr>
      ))}
    </Table>
  );
}
