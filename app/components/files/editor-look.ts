import { EditorView } from "@codemirror/view";

/** In the colours of the page, which follow its theme. */
export const editorLook = EditorView.theme({
  "&": { color: "var(--color-ink)", backgroundColor: "var(--color-surface)", fontSize: "13px" },
  ".cm-scroller": { fontFamily: "var(--font-mono, monospace)", lineHeight: "1.5" },
  "&.cm-focused": { outline: "none" },
  ".cm-gutters": { backgroundColor: "var(--color-surface)", color: "var(--color-ink-soft)", border: "none" },
  ".cm-activeLine": { backgroundColor: "var(--color-hover)" },
  ".cm-activeLineGutter": { backgroundColor: "transparent" },
  ".cm-cursor": { borderLeftColor: "var(--color-ink)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--color-accent) 30%, transparent)",
  },
  ".cm-panels": { backgroundColor: "var(--color-raised)", color: "var(--color-ink)" },
});
