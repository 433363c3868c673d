export type ButtonLook = "primary" | "secondary" | "quiet" | "danger";
export type ButtonSize = "medium" | "small";

const looks: Record<ButtonLook, string> = {
  primary: "bg-solid text-on-solid hover:bg-solid-hover border-transparent",
  secondary: "bg-surface text-ink hover:bg-hover border-line-strong/50",
  quiet: "text-ink-soft hover:bg-hover hover:text-ink border-transparent",
  danger: "bg-danger-solid text-on-danger hover:bg-danger-solid-hover border-transparent",
};
const sizes: Record<ButtonSize, string> = { medium: "h-9 px-3.5 text-base", small: "h-7 px-2.5 text-sm" };

/** How a button looks, for what is none of our `Button`s: a screen that has to stay small. */
export const buttonClass = (look: ButtonLook = "secondary", size: ButtonSize = "medium") =>
  `inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md border font-medium whitespace-nowrap transition-colors duration-150 select-none disabled:opacity-50 disabled:pointer-events-none aria-disabled:opacity-50 data-waiting:animate-dim-late ${looks[look]} ${sizes[size]}`;
