"use client";
import { Menu as MenuIcon, Search } from "lucide-react";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { useState } from "react";
import { PressButton } from "../controls/press-button";
import { lazyInBrowser } from "../lazy-part";
import { destinationsFor, isAt } from "./navigation";
import { openPalette } from "./palette-store";
import { useCurrentUser } from "./user-context";

const MoreSheet = lazyInBrowser(() => import("./more-sheet").then((module) => module.MoreSheet));

const itemClass =
  "flex h-14 min-w-0 flex-1 flex-col items-center justify-center gap-0.5 text-[11px] text-ink-soft aria-[current=page]:text-ink aria-[current=page]:font-medium";

/** The bar on a phone: the main places, and a sheet with the rest. */
export function BottomBar() {
  const pathname = usePathname();
  const user = useCurrentUser();
  const [open, setOpen] = useState(false);
  const all = destinationsFor(user.role);
  const main = all.filter((destination) => destination.main).slice(0, 4);
  const inRest = all.some((destination) => !main.includes(destination) && isAt(destination.href, pathname));
  return (
    <nav
      aria-label="Main, phone"
      className="fixed inset-x-0 bottom-0 z-40 flex border-t border-line bg-canvas pb-[env(safe-area-inset-bottom)] md:hidden"
    >
      {main.map(({ href, label, icon: Icon }) => (
        <Link key={href} href={href} aria-current={isAt(href, pathname) ? "page" : undefined} className={itemClass}>
          <Icon aria-hidden className="size-5" />
          {label}
        </Link>
      ))}
      {all.length - main.length > 4 ? null : (
        <PressButton onClick={openPalette} className={itemClass}>
          <Search aria-hidden className="size-5" />
          Search
        </PressButton>
      )}
      <PressButton
        aria-haspopup="dialog"
        aria-expanded={open}
        aria-current={inRest ? "page" : undefined}
        onClick={() => setOpen(true)}
        className={itemClass}
      >
        <MenuIcon aria-hidden className="size-5" />
        More
      </PressButton>
      {open ? <MoreSheet onClose={() => setOpen(false)} /> : null}
    </nav>
  );
}
