import { createOpenStore } from "./open-store";

/** The page of all shortcuts. */
export const shortcutsPage = createOpenStore();
