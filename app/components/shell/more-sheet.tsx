"use client";
import { LogOut, Search } from "lucide-react";
import Link from "next/link";
import { signOut } from "../../account/auth-requests";
import { Dialog } from "../controls/dialog";
import { PressButton } from "../controls/press-button";
import { destinationsFor } from "./navigation";
import { openPalette } from "./palette-store";
import { ThemeSwitch } from "./theme-switch";
import { useCurrentUser } from "./user-context";

const rowClass = "flex h-11 items-center gap-3 rounded-md px-2 text-ink hover:bg-hover";

export function MoreSheet({ onClose }: { onClose: () => void }) {
  const user = useCurrentUser();
  return (
    <Dialog open onClose={onClose} title={user.username} description={`Signed in as ${user.role}`}>
      <ul className="flex flex-col">
        <li>
          <PressButton
            className={`${rowClass} w-full`}
            onClick={() => {
              onClose();
              openPalette();
            }}
          >
            <Search aria-hidden className="size-4.5 text-ink-soft" /> Search and commands
          </PressButton>
        </li>
        {destinationsFor(user.role).map(({ href, label, icon: Icon }) => (
          <li key={href}>
            <Link href={href} onClick={onClose} className={rowClass}>
              <Icon aria-hidden className="size-4.5 text-ink-soft" /> {label}
            </Link>
          </li>
        ))}
        <li>
          <PressButton className={`${rowClass} w-full`} onClick={() => void signOut()}>
            <LogOut aria-hidden className="size-4.5 text-ink-soft" /> Sign out
          </PressButton>
        </li>
      </ul>
      <ThemeSwitch />
    </Dialog>
  );
}
