"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTRPC } from "../../trpc/client";
import { FormDialog } from "../controls/form-dialog";
import { FailurePanel } from "../feedback/failure-panel";
import { RoleField } from "./role-field";
import type { ListedUser } from "./user-words";

export function RoleDialog({ user, onClose }: { user: ListedUser; onClose: () => void }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [role, setRole] = useState(user.role);
  const update = useMutation(
    trpc.users.update.mutationOptions({
      onSuccess: onClose,
      onSettled: () => queryClient.invalidateQueries(trpc.users.pathFilter()),
    }),
  );
  return (
    <FormDialog
      onClose={onClose}
      title={`Role of ${user.username}`}
      description="Another role ends every login of theirs; they sign in again with it. Sessions go on running."
      action="Change role"
      busy={update.isPending}
      disabled={role === user.role}
      onSubmit={() => update.mutate({ id: user.id, role })}
    >
      <RoleField role={role} onRole={setRole} />
      {update.isError ? <FailurePanel error={update.error} title="The role was not changed" /> : null}
    </FormDialog>
  );
}
