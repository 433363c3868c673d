"use client";
import { ChevronsUpDown } from "lucide-react";
import { Menu } from "../controls/menu";
import { PressButton } from "../controls/press-button";
import { lazyContent } from "../lazy-part";
import { useCurrentUser } from "./user-context";

const UserMenuItems = lazyContent(() => import("./user-menu-items").then((module) => module.UserMenuItems));

export function UserMenu({ slim }: { slim: boolean }) {
  const user = useCurrentUser();
  return (
    <Menu
      align="end"
      side="right"
      onNear={UserMenuItems.load}
      trigger={
        <PressButton className="flex h-10 items-center gap-2.5 rounded-md px-1.5 text-left transition-colors duration-150 hover:bg-hover">
          <span
            aria-hidden
            className="flex size-6 shrink-0 items-center justify-center rounded-full bg-sunken text-xs font-medium uppercase ring-1 ring-line"
          >
            {user.username.slice(0, 1)}
          </span>
          <span className={`min-w-0 flex-1 ${slim ? "sr-only" : "sr-only lg:not-sr-only"}`}>
            <span className="sr-only">Account: </span>
            <span className="block truncate text-sm leading-4 font-medium">{user.username}</span>
            <span className="block text-xs text-ink-faint">{user.role}</span>
          </span>
          <ChevronsUpDown aria-hidden className={`size-3.5 text-ink-faint ${slim ? "hidden" : "hidden lg:block"}`} />
        </PressButton>
      }
    >
      <UserMenuItems />
    </Menu>
  );
}
