"use client";
import { Search } from "lucide-react";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { PressButton } from "../controls/press-button";
import { destinationsFor, isAt, productMark as Mark } from "./navigation";
import { openPalette } from "./palette-store";
import { useCurrentUser } from "./user-context";
import { UserMenu } from "./user-menu";

/** The bar at the left, from `md` on. On a session's page only its icons stay: the desktop is the page. */
export function SideBar() {
  const pathname = usePathname();
  const user = useCurrentUser();
  const slim = /^\/sessions\/(?!new$)[^/]+/.test(pathname);
  const labelClass = slim ? "sr-only" : "hidden lg:inline";
  return (
    <nav
      aria-label="Main"
      className={`sticky top-0 hidden h-dvh shrink-0 flex-col gap-1 border-r border-line bg-canvas p-2 md:flex md:w-13 ${slim ? "" : "lg:w-52"}`}
    >
      <Link href="/" aria-label="Berth, overview" className="mb-2 flex h-9 items-center gap-2.5 rounded-md px-2">
        <Mark aria-hidden className="size-5 shrink-0 text-accent" />
        <span aria-hidden className={`text-lg font-semibold tracking-tight ${labelClass}`}>
          Berth
        </span>
      </Link>
      <PressButton
        onClick={openPalette}
        title="Search and commands (Ctrl K)"
        className="mb-2 flex h-8 items-center gap-2.5 rounded-md border border-line bg-surface px-2 text-sm text-ink-faint transition-colors duration-150 hover:border-line-strong hover:text-ink"
      >
        <Search aria-hidden className="size-4 shrink-0" />
        <span className={`flex-1 text-left ${slim ? "sr-only" : "sr-only lg:not-sr-only"}`}>Search</span>
        <kbd aria-hidden className={`rounded border border-line px-1 font-mono text-[11px] ${slim ? "hidden" : "hidden lg:inline"}`}>
          ⌘K
        </kbd>
      </PressButton>
      <div className="flex flex-1 flex-col gap-0.5 overflow-y-auto">
        {destinationsFor(user.role).map(({ href, label, icon: Icon }) => (
          <Link
            key={href}
            href={href}
            title={label}
            aria-current={isAt(href, pathname) ? "page" : undefined}
            className="flex h-8 shrink-0 items-center gap-2.5 rounded-md px-2 text-ink-soft transition-colors duration-150 hover:bg-hover hover:text-ink aria-[current=page]:bg-hover aria-[current=page]:font-medium aria-[current=page]:text-ink"
          >
            <Icon aria-hidden className="size-4 shrink-0" />
            <span className={slim ? "sr-only" : "sr-only lg:not-sr-only"}>{label}</span>
          </Link>
        ))}
      </div>
      <UserMenu slim={slim} />
    </nav>
  );
}
