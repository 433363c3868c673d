"use client";
import { useState } from "react";
import type { Inputs } from "../../trpc/client";
import { Button } from "../controls/button";
import { Dialog } from "../controls/dialog";
import { registryCredentials } from "./registry-credentials";
import { RegistryFields } from "./registry-fields";

interface RetryTaskDialogProps {
  readonly busy: boolean;
  readonly onRetry: (credentials: Inputs["tasks"]["retry"]["credentials"]) => void;
  readonly onClose: () => void;
}

/** Credentials go with the end of a task: one that needs some is given them anew. */
export function RetryTaskDialog({ busy, onRetry, onClose }: RetryTaskDialogProps) {
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const { credentials, problem } = registryCredentials(username, password);
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title="Try again?"
      description="The same task runs anew, as its next run. Credentials that it had are gone: if its image needs some, give them again."
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" busy={busy} disabled={problem !== null} onClick={() => onRetry(credentials ?? undefined)}>
            Try again
          </Button>
        </>
      }
    >
      <RegistryFields
        username={username}
        password={password}
        onUsername={setUsername}
        onPassword={setPassword}
        problem={problem && password ? problem : undefined}
      />
    </Dialog>
  );
}
