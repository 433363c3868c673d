"use client";
import { useState } from "react";
import { counted } from "../../format/quantity";
import { Button } from "../controls/button";
import { Dialog } from "../controls/dialog";

type Fate = "finish" | "hibernate";

interface DrainDialogProps {
  name: string;
  /** How many sessions hold room on it. */
  sessions: number;
  busy: boolean;
  onDrain: (sessions: Fate) => void;
  onClose: () => void;
}

const fates: readonly { fate: Fate; title: string; words: string }[] = [
  { fate: "finish", title: "Let people finish", words: "They go on until their people end or hibernate them. Nobody is disturbed." },
  {
    fate: "hibernate",
    title: "Hibernate what runs now",
    words:
      "Each is asked to hibernate at once. Programs in it may end and lose what was not saved; homes stay, and people can wake theirs.",
  },
];

/** What becomes of the sessions of an agent that is drained. */
export function DrainDialog({ name, sessions, busy, onDrain, onClose }: DrainDialogProps) {
  const [fate, setFate] = useState<Fate>("finish");
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Drain ${name}?`}
      description={`It takes no new sessions until the drain is called off. ${counted(sessions, "session holds", "sessions hold")} room on it now.`}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" busy={busy} onClick={() => onDrain(fate)}>
            Drain
          </Button>
        </>
      }
    >
      <fieldset className="flex flex-col gap-2">
        <legend className="sr-only">What becomes of its sessions</legend>
        {fates.map((one) => (
          <label
            key={one.fate}
            className="flex cursor-pointer items-start gap-3 rounded-lg border border-line p-3 transition-colors duration-150 hover:border-line-strong has-checked:border-ink has-focus-visible:outline-2 has-focus-visible:outline-accent"
          >
            <input
              type="radio"
              name="fate"
              checked={fate === one.fate}
              onChange={() => setFate(one.fate)}
              className="mt-1 size-4 shrink-0 accent-(--accent)"
            />
            <span>
              <span className="block font-medium">{one.title}</span>
              <span className="block text-sm text-ink-soft">{one.words}</span>
            </span>
          </label>
        ))}
      </fieldset>
    </Dialog>
  );
}
