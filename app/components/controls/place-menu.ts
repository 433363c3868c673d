export type MenuSide = "bottom" | "right";
export type MenuAlign = "start" | "end";

const GAP = 6;
const EDGE = 8;

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}
interface Size {
  readonly width: number;
  readonly height: number;
}

/** Where a menu of a size stands beside its button: on the wanted side where there is room, else on the other, and never off the screen. */
export function menuPosition(button: Box, menu: Size, screen: Size, side: MenuSide, align: MenuAlign): { left: number; top: number } {
  let left: number;
  let top: number;
  if (side === "right") {
    left = button.right + GAP;
    if (left + menu.width > screen.width - EDGE) left = button.left - GAP - menu.width;
    top = align === "start" ? button.top : button.bottom - menu.height;
  } else {
    top = button.bottom + GAP;
    const above = button.top - GAP - menu.height;
    if (top + menu.height > screen.height - EDGE && above >= EDGE) top = above;
    left = align === "start" ? button.left : button.right - menu.width;
  }
  return { left: within(left, screen.width - menu.width), top: within(top, screen.height - menu.height) };
}

const within = (value: number, limit: number): number => Math.max(EDGE, Math.min(value, limit - EDGE));

export function placeMenu(menu: HTMLElement, button: DOMRect, side: MenuSide, align: MenuAlign): void {
  const { left, top } = menuPosition(
    button,
    { width: menu.offsetWidth, height: menu.offsetHeight },
    { width: document.documentElement.clientWidth, height: document.documentElement.clientHeight },
    side,
    align,
  );
  menu.style.left = `${left}px`;
  menu.style.top = `${top}px`;
}
