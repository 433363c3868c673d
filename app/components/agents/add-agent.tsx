"use client";
import { useMutation } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { type FormEvent, useState } from "react";
import { fieldProblems, readFailure } from "../../errors/read-failure";
import { useTRPC } from "../../trpc/client";
import { Button } from "../controls/button";
import { CheckField } from "../controls/check-field";
import { TextField } from "../controls/field";
import { CopyBox } from "../data/copy-box";
import { Panel } from "../data/panel";
import { RelativeTime } from "../data/relative-time";
import { FailurePanel } from "../feedback/failure-panel";
import { AgentArrival } from "./agent-arrival";

/** One command for the host, and then each step of the agent's arrival as it happens. */
export function AddAgent() {
  const trpc = useTRPC();
  const [name, setName] = useState("");
  const [approval, setApproval] = useState(false);
  const create = useMutation(trpc.registrationTokens.create.mutationOptions());
  const wanted = name.trim();
  const failure = create.error ? readFailure(create.error) : null;
  const problem = failure ? fieldProblems(failure).agentName : undefined;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate({ ...(wanted ? { agentName: wanted } : {}), approval });
  };

  if (!create.data) {
    return (
      <form method="post" onSubmit={submit} noValidate className="flex max-w-lg flex-col gap-5">
        <TextField
          label="Name"
          aside="optional"
          value={name}
          onChange={(event) => setName(event.target.value)}
          problem={problem}
          hint="Lower-case letters, digits and dashes; binds the command to this name. Left empty, the agent takes the host’s name."
          autoComplete="off"
          spellCheck={false}
        />
        <CheckField
          label="Wait for approval"
          hint="The agent can do nothing until you have compared and approved its key on its page."
          checked={approval}
          onChange={setApproval}
        />
        {create.isError && !problem ? <FailurePanel error={create.error} title="The registration token could not be made" /> : null}
        <div>
          <Button type="submit" look="primary" busy={create.isPending} icon={<KeyRound aria-hidden className="size-4" />}>
            Make the command
          </Button>
        </div>
      </form>
    );
  }
  const { id, command, expiresAt } = create.data;
  return (
    <div className="flex max-w-2xl flex-col gap-8">
      <Panel title="1. Run this on the host">
        <p className="text-ink-soft">
          It needs Node 20 and Docker. The token in it works once and expires <RelativeTime at={expiresAt} />; it is not shown again. The
          agent enrols with this control plane alone, which it knows by the hash of its certificate authority.
        </p>
        <CopyBox text={command} what="command" />
      </Panel>
      <Panel title="2. Watch it arrive">
        <AgentArrival tokenId={id} />
      </Panel>
      <div>
        <Button
          onClick={() => {
            create.reset();
            setName("");
            setApproval(false);
          }}
        >
          Add another
        </Button>
      </div>
    </div>
  );
}
