"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { cloneInput } from "../../../server/modules/templates/template-versions-schema";
import { fieldProblems, readFailure } from "../../errors/read-failure";
import { type Outputs, useTRPC } from "../../trpc/client";
import { TextField } from "../controls/field";
import { FormDialog } from "../controls/form-dialog";
import { FailurePanel } from "../feedback/failure-panel";

export function CloneDialog({ template, onClose }: { template: Outputs["templates"]["get"]; onClose: () => void }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const router = useRouter();
  const [newName, setNewName] = useState(`${template.name.slice(0, 58)}-copy`);
  const [displayName, setDisplayName] = useState(`${template.displayName.slice(0, 92)} (copy)`);
  const clone = useMutation(
    trpc.templates.clone.mutationOptions({
      onSuccess: (made) => {
        void queryClient.invalidateQueries(trpc.templates.list.pathFilter());
        router.push(`/templates/${encodeURIComponent(made.name)}`);
        onClose();
      },
    }),
  );
  const parsed = cloneInput.safeParse({ name: template.name, newName: newName.trim(), displayName: displayName.trim() });
  const refused = clone.error ? fieldProblems(readFailure(clone.error)) : {};
  const problem = (field: string) => (parsed.success ? undefined : parsed.error.issues.find(({ path }) => path[0] === field)?.message);
  const submit = () => {
    if (parsed.success) clone.mutate(parsed.data);
  };
  return (
    <FormDialog
      onClose={onClose}
      title={`Clone ${template.displayName}`}
      description={`A template of its own that begins as version ${template.version} of this one.`}
      action="Clone"
      busy={clone.isPending}
      onSubmit={submit}
    >
      <TextField
        label="Title"
        value={displayName}
        onChange={(event) => setDisplayName(event.target.value)}
        problem={problem("displayName")}
      />
      <TextField
        label="Name"
        value={newName}
        onChange={(event) => {
          setNewName(event.target.value);
          clone.reset();
        }}
        problem={problem("newName") ?? (refused.name ? `This name ${refused.name === "taken" ? "is taken" : refused.name}` : undefined)}
        hint="In addresses and in the API. It can’t be changed later."
        spellCheck={false}
        autoCapitalize="none"
      />
      {clone.isError && Object.keys(refused).length === 0 ? <FailurePanel error={clone.error} title="It was not cloned" /> : null}
    </FormDialog>
  );
}
