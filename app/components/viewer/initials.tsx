/** A person as a small round mark; the name is what screen readers get. */
export function Initials({ name, controls, title }: { name: string; controls: boolean; title: string }) {
  return (
    <span
      title={title}
      className={`inline-flex size-6 items-center justify-center rounded-full border text-xs font-medium uppercase ${controls ? "border-accent bg-hover text-ink" : "border-line bg-surface text-ink-soft"}`}
    >
      <span aria-hidden>{name.slice(0, 2)}</span>
      <span className="sr-only">{title}</span>
    </span>
  );
}
