"use client";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { useEffect, useRef } from "react";
import { isAdmin, useCurrentUser } from "../shell/user-context";

const tabs = [
  { href: "/settings/profile", label: "Profile" },
  { href: "/settings/security", label: "Security" },
  { href: "/settings/preferences", label: "Preferences" },
  { href: "/settings/tokens", label: "Tokens" },
  { href: "/settings/api", label: "API" },
] as const;
const ofAdmins = [
  { href: "/settings/quotas", label: "Quotas" },
  { href: "/settings/registries", label: "Registries" },
  { href: "/settings/webhooks", label: "Webhooks" },
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
      {shown.map(({ href, label }) => (
        <Link
          key={href}
          href={href}
          ref={pathname === href ? here : undefined}
          aria-current={pathname === href ? "page" : undefined}
          className="-mb-px flex h-9 items-center border-b-2 border-transparent px-2 sm:px-2.5 text-ink-soft transition-colors duration-150 hover:text-ink aria-[current=page]:border-ink aria-[current=page]:font-medium aria-[current=page]:text-ink"
        >
          {label}
        </Link>
      ))}
    </nav>
  );
}
