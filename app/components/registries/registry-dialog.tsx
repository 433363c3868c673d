"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { fieldProblems, readFailure } from "../../errors/read-failure";
import { type Outputs, useTRPC } from "../../trpc/client";
import { TextField } from "../controls/field";
import { FormDialog } from "../controls/form-dialog";
import { FailurePanel } from "../feedback/failure-panel";

interface RegistryDialogProps {
  /** The one to change; null for another. */
  readonly registry: Outputs["registries"]["list"]["registries"][number] | null;
  /** Hosts that have a login: one that is entered again would be written over. */
  readonly taken: readonly string[];
  readonly onClose: () => void;
}

export function RegistryDialog({ registry, taken, onClose }: RegistryDialogProps) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [host, setHost] = useState(registry?.host ?? "");
  const [username, setUsername] = useState(registry?.username ?? "");
  const [password, setPassword] = useState("");
  const save = useMutation(
    trpc.registries.save.mutationOptions({
      onSuccess: onClose,
      onSettled: () => queryClient.invalidateQueries(trpc.registries.pathFilter()),
    }),
  );
  const problems = save.error ? fieldProblems(readFailure(save.error)) : {};
  const named = Object.keys(problems).length > 0;
  const there = registry === null && taken.includes(host.trim());
  const hostProblem = there ? "is in the list already: change it there" : problems.host;
  const submit = () => {
    save.mutate({ host: host.trim(), username: username.trim(), password });
  };
  return (
    <FormDialog
      onClose={onClose}
      title={registry ? `Change ‘${registry.host}’` : "Add an image registry"}
      action="Save"
      busy={save.isPending}
      disabled={host.trim() === "" || username.trim() === "" || password === "" || there}
      onSubmit={submit}
    >
      {registry ? null : (
        <TextField
          label="Registry"
          value={host}
          onChange={(event) => setHost(event.target.value)}
          {...(hostProblem ? { problem: hostProblem } : {})}
          hint="As the image’s name begins. For Docker Hub: docker.io"
          placeholder="registry.example:5000"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
        />
      )}
      <TextField
        label="User name"
        value={username}
        onChange={(event) => setUsername(event.target.value)}
        {...(problems.username ? { problem: problems.username } : {})}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
      />
      <TextField
        label="Password or access token"
        type="password"
        value={password}
        onChange={(event) => setPassword(event.target.value)}
        {...(problems.password ? { problem: problems.password } : {})}
        hint="Kept sealed, given to agents that pull from there, and shown to nobody."
        autoComplete="new-password"
      />
      {save.error && !named ? <FailurePanel error={save.error} title="The registry was not saved" /> : null}
    </FormDialog>
  );
}
