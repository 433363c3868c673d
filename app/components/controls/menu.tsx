"use client";
import { DropdownMenu } from "radix-ui";
import type { ReactNode } from "react";

interface MenuProps {
  /** One button; it gets the menu's aria attributes. */
  trigger: ReactNode;
  children: ReactNode;
  align?: "start" | "end";
  side?: "top" | "bottom" | "right";
}

export function Menu({ trigger, children, align = "end", side = "bottom" }: MenuProps) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align={align}
          side={side}
          sideOffset={6}
          collisionPadding={8}
          className="z-50 min-w-44 max-w-[calc(100vw-1rem)] animate-appear rounded-lg border border-line bg-raised p-1 shadow-lg shadow-black/10"
        >
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

interface MenuItemProps {
  icon?: ReactNode;
  children: ReactNode;
  onSelect?: () => void;
  danger?: boolean;
  disabled?: boolean;
  /** The item is this link or other element instead. */
  asChild?: boolean;
}

const itemClass =
  "flex h-8 w-full cursor-pointer items-center gap-2 rounded-[5px] px-2 text-base outline-none select-none data-highlighted:bg-hover data-disabled:opacity-50 data-disabled:pointer-events-none";

export function MenuItem({ icon, children, onSelect, danger = false, disabled = false, asChild = false }: MenuItemProps) {
  return (
    <DropdownMenu.Item
      asChild={asChild}
      disabled={disabled}
      onSelect={onSelect}
      className={`${itemClass} ${danger ? "text-failed" : "text-ink"}`}
    >
      {asChild ? (
        children
      ) : (
        <>
          {icon}
          {children}
        </>
      )}
    </DropdownMenu.Item>
  );
}

export function MenuSeparator() {
  return <DropdownMenu.Separator className="my-1 h-px bg-line" />;
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return <DropdownMenu.Label className="px-2 py-1.5 text-xs text-ink-faint wrap-anywhere">{children}</DropdownMenu.Label>;
}
