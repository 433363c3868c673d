import { createOpenStore } from "./open-store";

export const palette = createOpenStore();
export const openPalette = palette.open;
export const closePalette = palette.close;
