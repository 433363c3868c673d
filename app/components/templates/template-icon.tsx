import {
  AppWindow,
  Bot,
  Box,
  Brush,
  ChartLine,
  CodeXml,
  Database,
  Flame,
  FlaskConical,
  Gamepad2,
  Globe,
  type LucideIcon,
  Monitor,
  NotebookPen,
  SquareTerminal,
} from "lucide-react";

/** The icons that ship with the app, by the name that a template has. */
const icons: Readonly<Record<string, LucideIcon>> = {
  firefox: Flame,
  browser: Globe,
  globe: Globe,
  chromium: Globe,
  terminal: SquareTerminal,
  desktop: Monitor,
  monitor: Monitor,
  code: CodeXml,
  "code-server": CodeXml,
  notebook: NotebookPen,
  "notebook-pen": NotebookPen,
  notes: NotebookPen,
  scratchpad: NotebookPen,
  jupyter: FlaskConical,
  database: Database,
  design: Brush,
  data: ChartLine,
  game: Gamepad2,
  bot: Bot,
  app: AppWindow,
};

export function TemplateIcon({ icon, small = false }: { icon: string | null; small?: boolean }) {
  const Icon = (icon ? icons[icon] : undefined) ?? Box;
  if (small) return <Icon aria-hidden className="size-4 shrink-0 text-ink-soft" />;
  return (
    <span aria-hidden className="flex size-9 shrink-0 items-center justify-center rounded-lg border border-line bg-sunken text-ink">
      <Icon className="size-4.5" />
    </span>
  );
}
