"use client";
import { CircleCheck, CircleSlash } from "lucide-react";
import type { Outputs } from "../../trpc/client";
import { RelativeTime } from "../data/relative-time";
import { StatusMark } from "../data/status-mark";
import { Cell, Head, Table } from "../data/table";
import { UserMenu } from "./user-row-menu";

export type ListedUser = Outputs["users"]["list"]["users"][number];

export function UserRows({ users }: { users: readonly ListedUser[] }) {
  return (
    <Table
      label="Users"
      head={
        <>
          <Head>Name</Head>
          <Head className="w-28">State</Head>
          <Head wide className="w-32">
            Role
          </Head>
          <Head wide className="w-36">
            Signs in with
          </Head>
          <Head wide className="w-32">
            Last sign-in
          </Head>
          <Head className="w-14">
            <span className="sr-only">Actions</span>
          </Head>
        </>
      }
    >
      {users.map((user) => (
        <tr key={user.id}>
          <Cell>
            <p className="truncate font-medium" title={user.username}>
              {user.username}
            </p>
            <p className="truncate text-sm text-ink-faint">
              <span className="md:hidden">{user.role} · </span>
              {user.email ?? "no address"}
            </p>
          </Cell>
          <Cell>
            {user.active ? (
              <StatusMark tone="running" word="Active" icon={CircleCheck} />
            ) : (
              <StatusMark tone="ended" word="Disabled" icon={CircleSlash} />
            )}
          </Cell>
          <Cell wide>{user.role}</Cell>
          <Cell wide className="text-ink-soft">
            {user.hasPassword ? "password" : "single sign-on"}
          </Cell>
          <Cell wide className="text-sm text-ink-soft">
            <RelativeTime at={user.lastLoginAt} />
          </Cell>
          <Cell className="px-2!">
            <div className="flex justify-end">
              <UserMenu user={user} />
            </div>
          </Cell>
        </tr>
      ))}
    </Table>
  );
}
