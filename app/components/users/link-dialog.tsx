"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTRPC } from "../../trpc/client";
import { Button } from "../controls/button";
import { Dialog } from "../controls/dialog";
import { FailurePanel } from "../feedback/failure-panel";
import { LinkBox } from "./link-box";
import type { ListedUser } from "./user-words";

/** A fresh one-time link for someone who is there already: the invitation again, or a new password. */
export function LinkDialog({ user, onClose }: { user: ListedUser; onClose: () => void }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const make = useMutation(
    trpc.users.renewInvitation.mutationOptions({ onSettled: () => queryClient.invalidateQueries(trpc.users.pathFilter()) }),
  );
  const link = make.data;
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={link ? `A link for ${user.username}` : `Make a link for ${user.username}?`}
      description={
        link
          ? undefined
          : user.hasPassword
            ? "With it they choose a new password. The old one and their logins stay until then; the link before this one is worth nothing."
            : "With it they choose their password. The link before this one is worth nothing."
      }
      actions={
        link ? (
          <Button look="primary" onClick={onClose}>
            Done
          </Button>
        ) : (
          <>
            <Button onClick={onClose}>Cancel</Button>
            <Button look="primary" busy={make.isPending} onClick={() => make.mutate({ id: user.id })}>
              Make the link
            </Button>
          </>
        )
      }
    >
      {link ? <LinkBox url={link.url} expiresAt={String(link.expiresAt)} user={link.user} /> : null}
      {make.isError ? <FailurePanel error={make.error} title="The link was not made" /> : null}
    </Dialog>
  );
}
