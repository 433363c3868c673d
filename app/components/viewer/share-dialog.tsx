"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link2, UserPlus } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTRPC } from "../../trpc/client";
import { Button } from "../controls/button";
import { Dialog } from "../controls/dialog";
import { SelectField, TextField } from "../controls/field";
import { Segmented } from "../controls/segmented";
import { CopyText } from "../data/copy-text";
import { FailurePanel } from "../feedback/failure-panel";
import { Notice } from "../feedback/notice";
import { Bone } from "../feedback/skeleton";
import { ShareList } from "./share-list";

const lengths = [
  { seconds: 15 * 60, words: "15 minutes" },
  { seconds: 60 * 60, words: "1 hour" },
  { seconds: 24 * 60 * 60, words: "1 day" },
  { seconds: 7 * 24 * 60 * 60, words: "1 week" },
] as const;

interface ShareDialogProps {
  sessionId: string;
  /** What is shared: a web app can't be shown without being used. */
  shows: "screen" | "app";
  onClose: () => void;
}

/** Lets others see or use this screen, or use this app: a person by name, or whoever has a link, for a while. */
export function ShareDialog({ sessionId, shows, onClose }: ShareDialogProps) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [who, setWho] = useState<"person" | "link">("link");
  const [wanted, setMode] = useState<"view" | "control">("view");
  const mode = shows === "app" ? "control" : wanted;
  const [user, setUser] = useState("");
  const [seconds, setSeconds] = useState<number>(60 * 60);
  const shares = useQuery(trpc.shares.list.queryOptions({ sessionId }));
  const create = useMutation(
    trpc.shares.create.mutationOptions({
      onSuccess: () => queryClient.invalidateQueries(trpc.shares.list.queryFilter({ sessionId })),
    }),
  );
  const url = create.data?.url;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate(who === "person" ? { sessionId, mode, user: user.trim() } : { sessionId, mode, expiresInSeconds: seconds });
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Share this ${shows}`}
      wide
      description={
        shows === "app"
          ? "They use this app as you do, with all that it shows and does, and reach nothing else of yours. You can take it back at any time."
          : "They see this desktop and nothing else of yours. You stay in control and can take it back at any time."
      }
    >
      <form method="post" onSubmit={submit} noValidate className="flex flex-col gap-4">
        <div className="flex flex-wrap gap-3">
          <Segmented
            label="With whom"
            value={who}
            onChange={setWho}
            options={[
              { value: "link", label: "By a link", icon: <Link2 aria-hidden className="size-3.5" /> },
              { value: "person", label: "A person", icon: <UserPlus aria-hidden className="size-3.5" /> },
            ]}
          />
          {shows === "screen" ? (
            <Segmented
              label="What they may do"
              value={mode}
              onChange={setMode}
              options={[
                { value: "view", label: "Watch" },
                { value: "control", label: "Watch and ask for control" },
              ]}
            />
          ) : null}
        </div>
        {shows === "app" ? (
          <p className="text-sm text-ink-soft">
            To let somebody only look is not offered: what an app is asked can’t be told from what it is told to do.
          </p>
        ) : null}
        {who === "person" ? (
          <TextField label="Username" value={user} onChange={(event) => setUser(event.target.value)} maxLength={63} autoComplete="off" />
        ) : (
          <SelectField label="The link lasts" value={seconds} onChange={(event) => setSeconds(Number(event.target.value))}>
            {lengths.map((length) => (
              <option key={length.seconds} value={length.seconds}>
                {length.words}
              </option>
            ))}
          </SelectField>
        )}
        <div>
          <Button type="submit" look="primary" size="small" busy={create.isPending} disabled={who === "person" && user.trim() === ""}>
            {who === "person" ? "Invite" : "Make a link"}
          </Button>
        </div>
      </form>
      {create.isError ? <FailurePanel error={create.error} title="It could not be shared" /> : null}
      {url ? (
        <Notice>
          <p>Whoever has this link may come in. It is shown only now.</p>
          <CopyText text={url} shown={url} label="link" />
        </Notice>
      ) : null}
      {shares.data ? (
        <ShareList shares={shares.data.shares} shows={shows} />
      ) : shares.isError ? (
        <FailurePanel error={shares.error} title="Who it is shared with could not be read" onRetry={() => void shares.refetch()} />
      ) : (
        <Bone className="h-10" />
      )}
    </Dialog>
  );
}
