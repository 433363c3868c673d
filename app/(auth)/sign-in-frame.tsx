import { Anchor } from "lucide-react";
import type { ReactNode } from "react";

/** The page of someone who isn't signed in yet. */
export function SignInFrame({ title, lead, children }: { title: string; lead: string; children: ReactNode }) {
  return (
    <main className="flex min-h-dvh items-center justify-center px-4 py-12">
      <div className="flex w-full max-w-sm flex-col gap-8">
        <div className="flex flex-col gap-3">
          <Anchor aria-hidden className="size-7 text-accent" />
          <div>
            <h1 className="text-xl font-semibold tracking-tight">{title}</h1>
            <p className="mt-1 text-ink-soft">{lead}</p>
          </div>
        </div>
        {children}
      </div>
    </main>
  );
}
