"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { fieldProblems, readFailure } from "../../errors/read-failure";
import { type Outputs, useTRPC } from "../../trpc/client";
import { CheckField } from "../controls/check-field";
import { TextField } from "../controls/field";
import { FormDialog } from "../controls/form-dialog";
import { useToasts } from "../feedback/toasts";

type Detail = Outputs["sessions"]["get"];

/** Asks for a name, and whether the session stands still meanwhile. */
export function TakeSnapshot({ session, onClose }: { session: Detail; onClose: () => void }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const toasts = useToasts();
  const [name, setName] = useState("");
  const [freeze, setFreeze] = useState(true);
  const [filesystem, setFilesystem] = useState(false);
  const create = useMutation(
    trpc.snapshots.create.mutationOptions({
      onSuccess: onClose,
      onError: (error) => {
        if (Object.keys(fieldProblems(readFailure(error))).length === 0) toasts.failed("The snapshot could not be taken", error);
      },
      onSettled: () => queryClient.invalidateQueries(trpc.snapshots.pathFilter()),
    }),
  );
  const problems = create.error ? fieldProblems(readFailure(create.error)) : {};
  const submit = () => {
    create.mutate({ sessionId: session.id, name, freeze, include: filesystem ? "home+filesystem" : "home" });
  };
  return (
    <FormDialog
      onClose={onClose}
      title={`Take a snapshot of ${session.name}`}
      description="A copy of its home on the same host. New sessions can begin from it, and it stays when this one ends."
      action="Take snapshot"
      busy={create.isPending}
      disabled={name.trim() === ""}
      onSubmit={submit}
    >
      <TextField
        label="Name"
        value={name}
        onChange={(event) => setName(event.target.value)}
        maxLength={80}
        problem={problems.name ?? problems.sessionId ?? problems.include}
        placeholder="before the upgrade"
        autoComplete="off"
      />
      {session.status.phase === "Running" ? (
        <CheckField
          label="Hold the session still meanwhile"
          hint="All files are of one moment. Its screen stands still until they are copied; connections that it has may end if that takes long."
          checked={freeze}
          onChange={setFreeze}
        />
      ) : null}
      {session.security === "compatible" ? (
        <CheckField
          label="With its file system"
          hint="What was installed or changed outside the home too. Sessions from it are of the same template."
          checked={filesystem}
          onChange={setFilesystem}
        />
      ) : null}
    </FormDialog>
  );
}
