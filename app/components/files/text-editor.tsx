"use client";
import { writtenFileSchema } from "@berth/protocol/session-files";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { bracketMatching, defaultHighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { Save } from "lucide-react";
import { type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import { readFailure } from "../../errors/read-failure";
import { Button } from "../controls/button";
import { Dialog } from "../controls/dialog";
import { useToasts } from "../feedback/toasts";
import { languageOf } from "./editor-language";
import { editorLook } from "./editor-look";
import { contentUrl, type FilePlace, nameOf } from "./file-paths";
import { fetchFile } from "./file-requests";
import { useServerFile } from "./use-server-file";

interface TextEditorProps {
  place: FilePlace;
  path: string;
  first: string;
  firstEtag: string | null;
  head: ReactNode;
  /** How often the session told of a change of the file. */
  changes: number;
  onSaved: () => void;
  onReload: () => void;
}

/** A text file to change. What someone else wrote meanwhile is not overwritten unasked. */
export function TextEditor({ place, path, first, firstEtag, head, changes, onSaved, onReload }: TextEditorProps) {
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const etag = useRef(firstEtag);
  const [changed, setChanged] = useState(false);
  const [busy, setBusy] = useState(false);
  const [conflict, setConflict] = useState(false);
  const toasts = useToasts();
  const name = nameOf(path);

  const store = useCallback(
    async (overwrite: boolean) => {
      const text = view.current?.state.doc.toString() ?? "";
      setBusy(true);
      try {
        const headers: Record<string, string> = overwrite || etag.current === null ? {} : { "If-Match": etag.current };
        const answer = await fetchFile(contentUrl(place, path), { method: "PUT", body: text, headers });
        etag.current = `"${writtenFileSchema.parse(await answer.json()).etag}"`;
        setConflict(false);
        setChanged(view.current?.state.doc.toString() !== text);
        onSaved();
      } catch (error) {
        if (readFailure(error).code === "FILE_CHANGED") setConflict(true);
        else toasts.failed(`${name} was not saved`, error);
      }
      setBusy(false);
    },
    [place, path, name, onSaved, toasts],
  );
  const saveNow = useRef(store);
  saveNow.current = store;
  const saveKey = useCallback(() => {
    void saveNow.current(false);
    return true;
  }, []);

  useEffect(() => {
    if (!box.current) return;
    const language = new Compartment();
    const editor = new EditorView({
      parent: box.current,
      state: EditorState.create({
        doc: first,
        extensions: [
          lineNumbers(),
          history(),
          drawSelection(),
          indentOnInput(),
          bracketMatching(),
          highlightActiveLine(),
          highlightSelectionMatches(),
          search({ top: true }),
          syntaxHighlighting(defaultHighlightStyle, { fallback: true }),
          language.of([]),
          editorLook,
          EditorView.contentAttributes.of({ "aria-label": `Text of ${name}` }),
          EditorView.lineWrapping,
          keymap.of([
            { key: "Mod-s", preventDefault: true, run: saveKey },
            ...searchKeymap,
            ...historyKeymap,
            ...defaultKeymap,
            indentWithTab,
          ]),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) setChanged(true);
          }),
        ],
      }),
    });
    view.current = editor;
    editor.focus();
    let gone = false;
    void languageOf(name).then((found) => {
      if (found && !gone) editor.dispatch({ effects: language.reconfigure(found) });
    });
    return () => {
      gone = true;
      editor.destroy();
      view.current = null;
    };
  }, [first, name, saveKey]);

  const news = useServerFile(contentUrl(place, path), changes, etag);
  useEffect(() => {
    if (news === "changed" && !changed) onReload();
  }, [news, changed, onReload]);

  useEffect(() => {
    if (!changed) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [changed]);

  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex shrink-0 items-center gap-1 border-b border-line px-4 py-1.5">
        {head}
        <span role="status" className="text-sm text-ink-soft">
          {changed ? "Not saved" : "Saved"}
          {news === "gone" ? "; it was deleted in the session" : news === "changed" && changed ? "; it was changed in the session" : ""}
        </span>
        {news === "changed" && changed ? (
          <Button size="small" onClick={() => setConflict(true)}>
            What to do…
          </Button>
        ) : null}
        <Button
          size="small"
          look="primary"
          disabled={!changed}
          busy={busy}
          onClick={() => void store(false)}
          icon={<Save aria-hidden className="size-3.5" />}
        >
          Save
        </Button>
      </div>
      <div ref={box} className="min-h-0 flex-1 overflow-hidden [&_.cm-editor]:h-full" />
      <Dialog
        open={conflict}
        onClose={() => setConflict(false)}
        title={`${name} was changed by someone else`}
        description="It is no longer what you began with. Overwriting it loses their change; reading it again loses yours."
        actions={
          <>
            <Button onClick={() => setConflict(false)}>Keep editing</Button>
            <Button
              onClick={() => {
                setConflict(false);
                onReload();
              }}
            >
              Read it again
            </Button>
            <Button look="danger" busy={busy} onClick={() => void store(true)}>
              Overwrite
            </Button>
          </>
        }
      />
    </div>
  );
}
