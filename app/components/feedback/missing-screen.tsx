import { SearchX } from "lucide-react";
import type { ReactNode } from "react";
import { ButtonLink } from "../controls/button";

export function MissingScreen({
  title,
  children,
  href = "/",
  label = "Overview",
}: {
  title: string;
  children: ReactNode;
  href?: string;
  label?: string;
}) {
  return (
    <div className="mx-auto flex w-full max-w-md flex-1 flex-col justify-center gap-4 px-4 py-16">
      <SearchX aria-hidden className="size-6 text-ink-faint" />
      <h1 className="text-xl font-semibold">{title}</h1>
      <p className="text-ink-soft">{children}</p>
      <div>
        <ButtonLink href={href}>{label}</ButtonLink>
      </div>
    </div>
  );
}
