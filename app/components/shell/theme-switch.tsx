"use client";
import { Monitor, Moon, Sun } from "lucide-react";
import { useTheme } from "../../theme/use-theme";
import { Segmented } from "../controls/segmented";

const options = [
  { value: "system", label: "System", icon: <Monitor aria-hidden className="size-3.5" /> },
  { value: "light", label: "Light", icon: <Sun aria-hidden className="size-3.5" /> },
  { value: "dark", label: "Dark", icon: <Moon aria-hidden className="size-3.5" /> },
] as const;

export function ThemeSwitch() {
  const [theme, setTheme] = useTheme();
  return <Segmented label="Theme" value={theme} options={options} onChange={setTheme} />;
}
