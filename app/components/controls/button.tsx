"use client";
import Link from "next/link";
import type { ComponentProps, ReactNode } from "react";
import { type ButtonLook, type ButtonSize, buttonClass } from "./button-class";
import { PressButton } from "./press-button";
import { useHydrated } from "./use-hydrated";

interface ButtonProps extends ComponentProps<"button"> {
  look?: ButtonLook;
  size?: ButtonSize;
  icon?: ReactNode;
  /** Under way: the words stay, a quiet mark shows that something happens, and a second press does nothing. */
  busy?: boolean;
}

/**
 * One that sends a form waits for the page's scripts: pressed before (or by Enter in a field, which presses the same button), the browser
 * would post the form by itself and show what the control plane makes of that. It looks disabled only when they take long.
 */
export function Button({
  look,
  size,
  icon,
  busy = false,
  className = "",
  children,
  onClick,
  type = "button",
  disabled,
  ...rest
}: ButtonProps) {
  const waiting = !useHydrated() && type === "submit";
  return (
    <PressButton
      {...rest}
      type={type}
      disabled={disabled || waiting}
      data-waiting={waiting && !disabled ? true : undefined}
      aria-busy={busy || undefined}
      aria-disabled={busy || undefined}
      onClick={busy ? (event) => event.preventDefault() : onClick}
      className={`${buttonClass(look, size)} ${className}`}
    >
      {busy ? <BusyMark /> : icon}
      {children}
    </PressButton>
  );
}

export function BusyMark() {
  return (
    <span aria-hidden className="size-3.5 animate-spin rounded-full [animation-delay:300ms] border-2 border-current border-r-transparent" />
  );
}

interface ButtonLinkProps extends ComponentProps<typeof Link> {
  look?: ButtonLook;
  size?: ButtonSize;
  icon?: ReactNode;
}

export function ButtonLink({ look, size, icon, className = "", children, ...rest }: ButtonLinkProps) {
  return (
    <Link {...rest} className={`${buttonClass(look, size)} ${className}`}>
      {icon}
      {children}
    </Link>
  );
}

interface IconButtonProps extends ComponentProps<"button"> {
  /** Its accessible name, and what is shown on hover. */
  label: string;
  pressed?: boolean;
}

export function IconButton({ label, pressed, className = "", children, ...rest }: IconButtonProps) {
  return (
    <PressButton
      {...rest}
      aria-label={label}
      aria-pressed={pressed}
      title={rest.title ?? label}
      className={`inline-flex size-8 shrink-0 items-center justify-center rounded-md text-ink-soft transition-colors duration-150 hover:bg-hover hover:text-ink disabled:opacity-50 disabled:pointer-events-none aria-pressed:bg-hover aria-pressed:text-ink ${className}`}
    >
      {children}
    </PressButton>
  );
}
