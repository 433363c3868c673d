"use client";
import { Anchor } from "lucide-react";
import dynamic from "next/dynamic";
import { type FormEvent, useState } from "react";
import { Button } from "../controls/button";
import { TextField } from "../controls/field";
import { useHydrated } from "../controls/use-hydrated";
import { type GuestIdentity, keptIdentity } from "./guest-identity";

const GuestScreen = dynamic(() => import("./guest-screen").then((module) => module.GuestScreen), { ssr: false });

/** A guest says who they are, for the others to see, and is in; whoever loads the page again is still the same. */
export function GuestPage({ token }: { token: string }) {
  const [name, setName] = useState("");
  const [entered, setEntered] = useState<GuestIdentity | null>(null);
  const hydrated = useHydrated();
  const identity = entered ?? (hydrated ? keptIdentity(token) : null);
  if (identity) return <GuestScreen token={token} identity={identity} />;
  const enter = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim()) setEntered({ name: name.trim(), guestKey: null });
  };
  return (
    <main className="flex min-h-dvh items-center justify-center px-4 py-12">
      <form method="post" onSubmit={enter} noValidate className="flex w-full max-w-sm flex-col gap-6">
        <Anchor aria-hidden className="size-7 text-accent" />
        <div>
          <h1 className="text-xl font-semibold tracking-tight">A screen is shared with you</h1>
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
        <div>
          <Button type="submit" look="primary" disabled={name.trim() === ""}>
            Open the screen
          </Button>
        </div>
      </form>
    </main>
  );
}
