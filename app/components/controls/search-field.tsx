import { Search } from "lucide-react";
import type { ComponentProps } from "react";

interface SearchFieldProps extends Omit<ComponentProps<"input">, "onChange" | "type"> {
  label: string;
  onChange: (text: string) => void;
}

export function SearchField({ label, onChange, className = "", ...input }: SearchFieldProps) {
  return (
    <div className={`relative ${className}`}>
      <Search aria-hidden className="pointer-events-none absolute top-2.5 left-2.5 size-4 text-ink-faint" />
      <input
        {...input}
        type="search"
        aria-label={label}
        placeholder={label}
        onChange={(event) => onChange(event.target.value)}
        className="h-9 w-full rounded-md border border-line-strong/70 bg-surface pr-3 pl-8 text-base placeholder:text-ink-faint transition-colors duration-150 hover:border-line-strong"
      />
    </div>
  );
}
