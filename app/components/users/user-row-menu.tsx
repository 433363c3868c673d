"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { CircleCheck, CircleSlash, Ellipsis, KeyRound, Link2, LogOut, ShieldOff, UserCog } from "lucide-react";
import { useState } from "react";
import { useTRPC } from "../../trpc/client";
import { Button, IconButton } from "../controls/button";
import { Menu } from "../controls/menu";
import { MenuItem, MenuSeparator } from "../controls/menu-items";
import { useToasts } from "../feedback/toasts";
import { lazyInBrowser } from "../lazy-part";
import { useCurrentUser } from "../shell/user-context";
import type { ListedUser } from "./user-words";

const ConfirmDialog = lazyInBrowser(() => import("../controls/confirm-dialog").then((module) => module.ConfirmDialog));
const ResetPasswordDialog = lazyInBrowser(() => import("./reset-password-dialog").then((module) => module.ResetPasswordDialog));
const LinkDialog = lazyInBrowser(() => import("./link-dialog").then((module) => module.LinkDialog));
const RoleDialog = lazyInBrowser(() => import("./role-dialog").then((module) => module.RoleDialog));

const mark = "size-4 text-ink-soft";

/** `labelled`: a button with a word, on the person's own page. */
export function UserMenu({ user, labelled = false }: { user: ListedUser; labelled?: boolean }) {
  const trpc = useTRPC();
  const me = useCurrentUser();
  const queryClient = useQueryClient();
  const toasts = useToasts();
  const [dialog, setDialog] = useState<"disable" | "password" | "link" | "role" | "logins" | "second factor" | null>(null);
  const close = () => setDialog(null);
  const after = {
    onError: (error: unknown) => toasts.failed(`${user.username} could not be changed`, error),
    onSettled: () => Promise.all([trpc.users, trpc.audit].map((part) => queryClient.invalidateQueries(part.pathFilter()))),
  };
  const update = useMutation(trpc.users.update.mutationOptions(after));
  const endLogins = useMutation(
    trpc.users.endLogins.mutationOptions({ ...after, onSuccess: () => toasts.done(`Every login of ${user.username} has ended`) }),
  );
  const resetFactor = useMutation(
    trpc.users.resetSecondFactor.mutationOptions({
      ...after,
      onSuccess: () => toasts.done(`${user.username} has no second factor any more`, "The password alone is enough until they set one up."),
    }),
  );
  const self = me.id === user.id;
  const person = user.kind === "person";
  const busy = update.isPending || endLogins.isPending || resetFactor.isPending;
  return (
    <>
      <Menu
        trigger={
          labelled ? (
            <Button disabled={busy} icon={<Ellipsis aria-hidden className="size-4" />}>
              Actions
            </Button>
          ) : (
            <IconButton label={`Actions for ${user.username}`} disabled={busy}>
              <Ellipsis aria-hidden className="size-4" />
            </IconButton>
          )
        }
      >
        <MenuItem disabled={self} icon={<UserCog aria-hidden className={mark} />} onSelect={() => setDialog("role")}>
          Change role…
        </MenuItem>
        {person ? (
          <>
            <MenuItem icon={<Link2 aria-hidden className={mark} />} onSelect={() => setDialog("link")}>
              {user.hasPassword ? "Link for a new password…" : "New invitation link…"}
            </MenuItem>
            <MenuItem icon={<KeyRound aria-hidden className={mark} />} onSelect={() => setDialog("password")}>
              Set a new password…
            </MenuItem>
          </>
        ) : null}
        {user.secondFactor ? (
          <MenuItem disabled={self} icon={<ShieldOff aria-hidden className={mark} />} onSelect={() => setDialog("second factor")}>
            Reset second factor…
          </MenuItem>
        ) : null}
        <MenuItem icon={<LogOut aria-hidden className={mark} />} onSelect={() => setDialog("logins")}>
          {person ? "Sign out everywhere…" : "End all its tokens…"}
        </MenuItem>
        <MenuSeparator />
        {user.active ? (
          <MenuItem danger disabled={self} icon={<CircleSlash aria-hidden className="size-4" />} onSelect={() => setDialog("disable")}>
            Disable…
          </MenuItem>
        ) : (
          <MenuItem icon={<CircleCheck aria-hidden className={mark} />} onSelect={() => update.mutate({ id: user.id, active: true })}>
            Enable
          </MenuItem>
        )}
      </Menu>
      {dialog === "disable" ? (
        <ConfirmDialog
          open
          onClose={close}
          title={`Disable ${user.username}?`}
          action="Disable"
          onConfirm={() => {
            update.mutate({ id: user.id, active: false });
            close();
          }}
        >
          Every login, token and open screen of {user.username} ends at once, and a link that is out is worth nothing. Sessions and homes
          stay as they are.
        </ConfirmDialog>
      ) : null}
      {dialog === "logins" ? (
        <ConfirmDialog
          open
          onClose={close}
          title={person ? `Sign ${user.username} out everywhere?` : `End all tokens of ${user.username}?`}
          action={person ? "Sign out everywhere" : "End all tokens"}
          onConfirm={() => {
            endLogins.mutate({ id: user.id });
            close();
          }}
        >
          {person
            ? `Every browser of ${user.username} is signed out at once${self ? ", this one too" : ""}, their API tokens end for good, and open screens close. They may sign in again.`
            : "Whatever uses one is out at once, and nothing brings them back. New ones can be made here. Sessions go on running."}
        </ConfirmDialog>
      ) : null}
      {dialog === "second factor" ? (
        <ConfirmDialog
          open
          onClose={close}
          title={`Reset the second factor of ${user.username}?`}
          action="Reset"
          onConfirm={() => {
            resetFactor.mutate({ id: user.id });
            close();
          }}
        >
          Their app’s codes and recovery codes are worth nothing then, and the password alone is enough. Make sure first that it is they who
          ask. It is written to the audit log.
        </ConfirmDialog>
      ) : null}
      {dialog === "password" ? <ResetPasswordDialog user={user} onClose={close} /> : null}
      {dialog === "link" ? <LinkDialog user={user} onClose={close} /> : null}
      {dialog === "role" ? <RoleDialog user={user} onClose={close} /> : null}
    </>
  );
}
