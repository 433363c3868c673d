"use client";
import { Keyboard, LogOut, Monitor, Moon, Settings, Sun } from "lucide-react";
import { useRouter } from "next/navigation";
import { signOut } from "../../account/auth-requests";
import type { Theme } from "../../theme/theme";
import { useTheme } from "../../theme/use-theme";
import { MenuItem, MenuLabel, MenuSeparator } from "../controls/menu-items";
import { shortcutsPage } from "./shortcuts-store";
import { useCurrentUser } from "./user-context";

const next: Record<Theme, { theme: Theme; words: string }> = {
  system: { theme: "light", words: "Theme: system" },
  light: { theme: "dark", words: "Theme: light" },
  dark: { theme: "system", words: "Theme: dark" },
};
const marks: Record<Theme, typeof Sun> = { system: Monitor, light: Sun, dark: Moon };

export function UserMenuItems() {
  const user = useCurrentUser();
  const router = useRouter();
  const [theme, setTheme] = useTheme();
  const ThemeMark = marks[theme];
  return (
    <>
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
    </>
  );
}
