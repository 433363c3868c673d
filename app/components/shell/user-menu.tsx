"use client";
import { ChevronsUpDown, Keyboard, LogOut, Monitor, Moon, Settings, Sun } from "lucide-react";
import { useRouter } from "next/navigation";
import { signOut } from "../../account/auth-requests";
import type { Theme } from "../../theme/theme";
import { useTheme } from "../../theme/use-theme";
import { Menu, MenuItem, MenuLabel, MenuSeparator } from "../controls/menu";
import { PressButton } from "../controls/press-button";
import { shortcutsPage } from "./shortcuts-store";
import { useCurrentUser } from "./user-context";

const next: Record<Theme, { theme: Theme; words: string }> = {
  system: { theme: "light", words: "Theme: system" },
  light: { theme: "dark", words: "Theme: light" },
  dark: { theme: "system", words: "Theme: dark" },
};
const marks: Record<Theme, typeof Sun> = { system: Monitor, light: Sun, dark: Moon };

export function UserMenu({ slim }: { slim: boolean }) {
  const user = useCurrentUser();
  const router = useRouter();
  const [theme, setTheme] = useTheme();
  const ThemeMark = marks[theme];
  return (
    <Menu
      align="end"
      side="right"
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
      <MenuLabel>
        {user.username} · {user.role}
      </MenuLabel>
      <MenuItem icon={<ThemeMark aria-hidden className="size-4 text-ink-soft" />} onSelect={() => setTheme(next[theme].theme)}>
        {next[theme].words}
      </MenuItem>
      <MenuItem icon={<Settings aria-hidden className="size-4 text-ink-soft" />} onSelect={() => router.push("/settings/profile")}>
        Profile and settings
      </MenuItem>
      <MenuItem icon={<Keyboard aria-hidden className="size-4 text-ink-soft" />} onSelect={shortcutsPage.open}>
        Keyboard shortcuts
      </MenuItem>
      <MenuSeparator />
      <MenuItem icon={<LogOut aria-hidden className="size-4 text-ink-soft" />} onSelect={() => void signOut()}>
        Sign out
      </MenuItem>
    </Menu>
  );
}
