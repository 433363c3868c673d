"use client";
import { Braces, Gauge, KeyRound, KeySquare, SlidersHorizontal, UserRound, Webhook } from "lucide-react";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { useEffect, useRef } from "react";
import { isAdmin, useCurrentUser } from "../shell/user-context";

const tabs = [
  { href: "/settings/profile", label: "Profile", icon: UserRound },
  { href: "/settings/security", label: "Security", icon: KeyRound },
  { href: "/settings/preferences", label: "Preferences", icon: SlidersHorizontal },
  { href: "/settings/tokens", label: "Tokens", icon: KeySquare },
  { href: "/settings/api", label: "API", icon: Braces },
] as const;
const ofAdmins = [
  { href: "/settings/quotas", label: "Quotas", icon: Gauge },
  { href: "/settings/webhooks", label: "Webhooks", icon: Webhook },
] as const;

/** Pages of their own, so that each has an address. */
export function SettingsTabs() {
  const pathname = usePathname();
  const here = useRef<HTMLAnchorElement>(null);
  // Where not all of them fit, the one that is open is in sight.
  useEffect(() => {
    if (pathname) here.current?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [pathname]);
  const shown = isAdmin(useCurrentUser()) ? [...tabs, ...ofAdmins] : tabs;
  return (
    <nav
      aria-label="Settings"
      // The fade at its end says that there are more; past the last one is room for it.
      className="flex gap-1 overflow-x-auto overflow-y-hidden border-b border-line max-sm:pr-8 max-sm:[mask-image:linear-gradient(to_right,black_calc(100%-2rem),transparent)]"
    >
      {shown.map(({ href, label, icon: Icon }) => (
        <Link
          key={href}
          href={href}
          ref={pathname === href ? here : undefined}
          aria-current={pathname === href ? "page" : undefined}
          className="-mb-px flex h-9 items-center gap-1.5 border-b-2 border-transparent px-2 sm:px-2.5 text-ink-soft transition-colors duration-150 hover:text-ink aria-[current=page]:border-ink aria-[current=page]:font-medium aria-[current=page]:text-ink"
        >
          <Icon aria-hidden className="size-4 max-sm:hidden" />
          {label}
        </Link>
      ))}
    </nav>
  );
}
