"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { CircleCheck, CircleSlash, Ellipsis, KeyRound, UserCog } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { useTRPC } from "../../trpc/client";
import { IconButton } from "../controls/button";
import { Menu, MenuItem, MenuSeparator } from "../controls/menu";
import { useToasts } from "../feedback/toasts";
import { useCurrentUser } from "../shell/user-context";
import type { ListedUser } from "./user-rows";

const ConfirmDialog = dynamic(() => import("../controls/confirm-dialog").then((module) => module.ConfirmDialog), { ssr: false });
const ResetPasswordDialog = dynamic(() => import("./reset-password-dialog").then((module) => module.ResetPasswordDialog), { ssr: false });

const roles = ["user", "operator", "admin"] as const;

export function UserMenu({ user }: { user: ListedUser }) {
  const trpc = useTRPC();
  const me = useCurrentUser();
  const queryClient = useQueryClient();
  const toasts = useToasts();
  const [dialog, setDialog] = useState<"disable" | "password" | null>(null);
  const update = useMutation(
    trpc.users.update.mutationOptions({
      onError: (error) => toasts.failed(`${user.username} could not be changed`, error),
      onSettled: () => queryClient.invalidateQueries(trpc.users.pathFilter()),
    }),
  );
  const self = me.id === user.id;
  return (
    <>
      <Menu
        trigger={
          <IconButton label={`Actions for ${user.username}`} disabled={update.isPending}>
            <Ellipsis aria-hidden className="size-4" />
          </IconButton>
        }
      >
        {roles
          .filter((role) => role !== user.role)
          .map((role) => (
            <MenuItem
              key={role}
              disabled={self}
              icon={<UserCog aria-hidden className="size-4 text-ink-soft" />}
              onSelect={() => update.mutate({ id: user.id, role })}
            >
              Make {role === "user" ? "a user" : `an ${role}`}
            </MenuItem>
          ))}
        <MenuItem icon={<KeyRound aria-hidden className="size-4 text-ink-soft" />} onSelect={() => setDialog("password")}>
          Set a new password…
        </MenuItem>
        <MenuSeparator />
        {user.active ? (
          <MenuItem danger disabled={self} icon={<CircleSlash aria-hidden className="size-4" />} onSelect={() => setDialog("disable")}>
            Disable…
          </MenuItem>
        ) : (
          <MenuItem
            icon={<CircleCheck aria-hidden className="size-4 text-ink-soft" />}
            onSelect={() => update.mutate({ id: user.id, active: true })}
          >
            Enable
          </MenuItem>
        )}
      </Menu>
      {dialog === "disable" ? (
        <ConfirmDialog
          open
          onClose={() => setDialog(null)}
          title={`Disable ${user.username}?`}
          action="Disable"
          onConfirm={() => {
            update.mutate({ id: user.id, active: false });
            setDialog(null);
          }}
        >
          Every login, token and open screen of {user.username} ends within seconds. Sessions and homes stay as they are.
        </ConfirmDialog>
      ) : null}
      {dialog === "password" ? <ResetPasswordDialog user={user} onClose={() => setDialog(null)} /> : null}
    </>
  );
}
