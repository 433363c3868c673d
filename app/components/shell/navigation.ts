import {
  Anchor,
  Boxes,
  HardDrive,
  LayoutGrid,
  ListChecks,
  type LucideIcon,
  MonitorPlay,
  ScrollText,
  Server,
  Settings,
  Users,
} from "lucide-react";
import type { UserRole } from "../../../server/modules/users/users-schema";

export interface Destination {
  readonly href: string;
  readonly label: string;
  readonly icon: LucideIcon;
  /** After `g` it leads there. */
  readonly letter: string;
  readonly roles: readonly UserRole[];
  /** Has a place of its own on a phone; the others are behind "More". */
  readonly main: boolean;
}

const everyone: readonly UserRole[] = ["user", "operator", "admin"];
const operators: readonly UserRole[] = ["operator", "admin"];
const admins: readonly UserRole[] = ["admin"];

const destinations: readonly Destination[] = [
  { href: "/", label: "Overview", icon: LayoutGrid, letter: "o", roles: everyone, main: true },
  { href: "/sessions", label: "Sessions", icon: MonitorPlay, letter: "s", roles: everyone, main: true },
  { href: "/templates", label: "Templates", icon: Boxes, letter: "t", roles: everyone, main: true },
  { href: "/homes", label: "Homes", icon: HardDrive, letter: "h", roles: everyone, main: false },
  { href: "/agents", label: "Agents", icon: Server, letter: "a", roles: operators, main: true },
  { href: "/tasks", label: "Tasks", icon: ListChecks, letter: "k", roles: operators, main: false },
  { href: "/users", label: "Users", icon: Users, letter: "u", roles: admins, main: false },
  { href: "/audit", label: "Audit", icon: ScrollText, letter: "l", roles: admins, main: false },
  { href: "/settings/profile", label: "Settings", icon: Settings, letter: ",", roles: everyone, main: false },
];

export const productMark = Anchor;

export const destinationsFor = (role: UserRole): readonly Destination[] =>
  destinations.filter((destination) => destination.roles.includes(role));

/** Whether a page belongs to a destination: it or something below it. */
export function isAt(href: string, pathname: string): boolean {
  if (href === "/") return pathname === "/";
  const section = href.startsWith("/settings") ? "/settings" : href;
  return pathname === section || pathname.startsWith(`${section}/`);
}
