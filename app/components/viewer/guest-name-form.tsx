"use client";
import { Anchor } from "lucide-react";
import { type FormEvent, type ReactNode, useState } from "react";
import { Button } from "../controls/button";
import { TextField } from "../controls/field";

interface GuestNameFormProps {
  shows: "screen" | "app";
  busy: boolean;
  /** Why it did not open. */
  failure: ReactNode;
  onEnter: (name: string) => void;
}

/** A guest says who they are, for the others to see. */
export function GuestNameForm({ shows, busy, failure, onEnter }: GuestNameFormProps) {
  const [name, setName] = useState("");
  const enter = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim()) onEnter(name.trim());
  };
  return (
    <main className="flex min-h-dvh items-center justify-center px-4 py-12">
      <form method="post" onSubmit={enter} noValidate className="flex w-full max-w-sm flex-col gap-6">
        <Anchor aria-hidden className="size-7 text-accent" />
        <div>
          <h1 className="text-xl font-semibold tracking-tight">
            {shows === "app" ? "An app is shared with you" : "A screen is shared with you"}
          </h1>
          <p className="mt-1 text-ink-soft">Say who you are: the people who are there see it.</p>
        </div>
        <TextField
          label="Your name"
          value={name}
          onChange={(event) => setName(event.target.value)}
          maxLength={40}
          autoFocus
          autoComplete="name"
        />
        {failure}
        <div>
          <Button type="submit" look="primary" busy={busy} disabled={name.trim() === ""}>
            Open the {shows}
          </Button>
        </div>
      </form>
    </main>
  );
}
