"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import { useTRPC } from "../../trpc/client";
import { Button } from "../controls/button";
import { Dialog } from "../controls/dialog";
import { FailurePanel } from "../feedback/failure-panel";
import { RoleField } from "./role-field";
import type { ListedUser } from "./user-words";

export function RoleDialog({ user, onClose }: { user: ListedUser; onClose: () => void }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const form = useId();
  const [role, setRole] = useState(user.role);
  const update = useMutation(
    trpc.users.update.mutationOptions({
      onSuccess: onClose,
      onSettled: () => queryClient.invalidateQueries(trpc.users.pathFilter()),
    }),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    update.mutate({ id: user.id, role });
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Role of ${user.username}`}
      description="Another role ends every login of theirs; they sign in again with it. Sessions go on running."
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form={form} look="primary" busy={update.isPending} disabled={role === user.role}>
            Change role
          </Button>
        </>
      }
    >
      <form id={form} method="post" onSubmit={submit} className="flex flex-col gap-4">
        <RoleField role={role} onRole={setRole} />
        {update.isError ? <FailurePanel error={update.error} title="The role was not changed" /> : null}
      </form>
    </Dialog>
  );
}
