"use client";
import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { IconButton } from "./button";

interface DialogProps {
  open: boolean;
  onClose: () => void;
  title: string;
  description?: ReactNode;
  children?: ReactNode;
  /** The buttons, the one that goes on last. */
  actions?: ReactNode;
  wide?: boolean;
}

/** Traps the focus, closes by Escape, and gives the focus back to where it was. A sheet from below on a phone. */
export function Dialog({ open, onClose, title, description, children, actions, wide = false }: DialogProps) {
  return (
    <Radix.Root open={open} onOpenChange={(next) => (next ? undefined : onClose())}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-50 bg-black/45" />
        <Radix.Content
          {...(description ? {} : { "aria-describedby": undefined })}
          className={`fixed inset-x-0 bottom-0 z-50 flex max-h-[88dvh] w-full animate-appear flex-col rounded-t-xl border border-line bg-raised pb-[env(safe-area-inset-bottom)] sm:inset-x-auto sm:top-1/2 sm:bottom-auto sm:left-1/2 sm:-translate-x-1/2 sm:-translate-y-1/2 sm:rounded-xl ${wide ? "sm:max-w-xl" : "sm:max-w-md"}`}
        >
          <div className="flex items-start justify-between gap-4 px-5 pt-4">
            <Radix.Title className="pt-1 text-lg font-semibold wrap-anywhere">{title}</Radix.Title>
            <Radix.Close asChild>
              <IconButton label="Close">
                <X aria-hidden className="size-4" />
              </IconButton>
            </Radix.Close>
          </div>
          <div className="flex flex-col gap-4 overflow-y-auto px-5 pt-2 pb-5">
            {description ? (
              <Radix.Description asChild>
                <div className="text-ink-soft wrap-anywhere">{description}</div>
              </Radix.Description>
            ) : null}
            {children}
          </div>
          {actions ? <div className="flex flex-wrap justify-end gap-2 border-t border-line px-5 py-3">{actions}</div> : null}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
