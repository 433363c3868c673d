"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { UserPlus } from "lucide-react";
import dynamic from "next/dynamic";
import { useRouter, useSearchParams } from "next/navigation";
import { useState } from "react";
import { useTRPC } from "../../trpc/client";
import { Button } from "../controls/button";
import { SearchField } from "../controls/search-field";
import { Pager } from "../data/pager";
import { FailurePanel } from "../feedback/failure-panel";
import { RowBones } from "../feedback/skeleton";
import { PageHeader } from "../shell/page-header";
import { UserRows } from "./user-rows";

const InviteDialog = dynamic(() => import("./invite-dialog").then((module) => module.InviteDialog), { ssr: false });

export function UsersList() {
  const trpc = useTRPC();
  const router = useRouter();
  const asked = useSearchParams().get("add") === "1";
  const [adding, setAdding] = useState(asked);
  const [search, setSearch] = useState("");
  const [page, setPage] = useState(1);
  const users = useQuery(
    trpc.users.list.queryOptions({ page, limit: 50, ...(search ? { search } : {}) }, { placeholderData: keepPreviousData }),
  );
  return (
    <>
      <PageHeader
        title="Users"
        lead="Who may sign in, and as what. A user has own sessions; an operator runs the fleet; an administrator does everything, in the open."
        action={
          <Button look="primary" icon={<UserPlus aria-hidden className="size-4" />} onClick={() => setAdding(true)}>
            Add user
          </Button>
        }
      />
      <SearchField
        label="Search users"
        value={search}
        maxLength={100}
        className="w-full sm:w-72"
        onChange={(text) => {
          setSearch(text);
          setPage(1);
        }}
      />
      {users.data ? (
        <>
          {users.data.users.length > 0 ? (
            <UserRows users={users.data.users} />
          ) : (
            <p className="text-ink-soft">Nobody’s name or address has “{search}” in it.</p>
          )}
          <Pager {...users.data.pagination} onPage={setPage} />
        </>
      ) : users.isError ? (
        <FailurePanel
          error={users.error}
          title="The users could not be read"
          onRetry={() => void users.refetch()}
          busy={users.isFetching}
        />
      ) : (
        <RowBones />
      )}
      {adding ? (
        <InviteDialog
          onClose={() => {
            setAdding(false);
            if (asked) router.replace("/users");
          }}
        />
      ) : null}
    </>
  );
}
