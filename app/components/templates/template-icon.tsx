import {
  AppWindow,
  Bot,
  Box,
  Brush,
  ChartLine,
  CodeXml,
  Cpu,
  Database,
  Flame,
  FlaskConical,
  FolderOpen,
  Gamepad2,
  Globe,
  ImageIcon,
  type LucideIcon,
  Mail,
  Monitor,
  Music,
  NotebookPen,
  Server,
  Shield,
  SquareTerminal,
  Video,
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
  files: FolderOpen,
  mail: Mail,
  music: Music,
  photo: ImageIcon,
  video: Video,
  cpu: Cpu,
  server: Server,
  shield: Shield,
};

/** One name for each of them, for choosing. */
export const iconChoices = [
  "globe",
  "firefox",
  "terminal",
  "monitor",
  "code",
  "notebook",
  "jupyter",
  "database",
  "design",
  "data",
  "game",
  "bot",
  "app",
  "files",
  "mail",
  "music",
  "photo",
  "video",
  "cpu",
  "server",
  "shield",
] as const;

export const isUploaded = (icon: string | null): icon is string => icon?.startsWith("upload-") === true;

export function TemplateIcon({ icon, small = false }: { icon: string | null; small?: boolean }) {
  if (isUploaded(icon)) {
    // biome-ignore lint/performance/noImgElement: it is 64 KB at most, of our own origin, and cached for ever
    const picture = <img src={`/template-icons/${encodeURIComponent(icon)}`} alt="" className="size-full object-contain" />;
    return small ? (
      <span aria-hidden className="size-4 shrink-0 overflow-hidden rounded-sm">
        {picture}
      </span>
    ) : (
      <span aria-hidden className="size-9 shrink-0 overflow-hidden rounded-lg border border-line bg-sunken p-1">
        {picture}
      </span>
    );
  }
  const Icon = (icon ? icons[icon] : undefined) ?? Box;
  if (small) return <Icon aria-hidden className="size-4 shrink-0 text-ink-soft" />;
  return (
    <span aria-hidden className="flex size-9 shrink-0 items-center justify-center rounded-lg border border-line bg-sunken text-ink">
      <Icon className="size-4.5" />
    </span>
  );
}
