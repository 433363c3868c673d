import type { Extension } from "@codemirror/state";

type Load = () => Promise<Extension>;

const shell: Load = async () => {
  const [{ StreamLanguage }, { shell: mode }] = await Promise.all([
    import("@codemirror/language"),
    import("@codemirror/legacy-modes/mode/shell"),
  ]);
  return StreamLanguage.define(mode);
};
const script =
  (options: { jsx?: boolean; typescript?: boolean }): Load =>
  async () =>
    (await import("@codemirror/lang-javascript")).javascript(options);

const byEnding: Readonly<Record<string, Load>> = {
  js: script({ jsx: true }),
  mjs: script({ jsx: true }),
  cjs: script({ jsx: true }),
  jsx: script({ jsx: true }),
  ts: script({ typescript: true }),
  tsx: script({ jsx: true, typescript: true }),
  json: async () => (await import("@codemirror/lang-json")).json(),
  css: async () => (await import("@codemirror/lang-css")).css(),
  html: async () => (await import("@codemirror/lang-html")).html(),
  md: async () => (await import("@codemirror/lang-markdown")).markdown(),
  py: async () => (await import("@codemirror/lang-python")).python(),
  yaml: async () => (await import("@codemirror/lang-yaml")).yaml(),
  yml: async () => (await import("@codemirror/lang-yaml")).yaml(),
  sh: shell,
  bash: shell,
  bashrc: shell,
  profile: shell,
};

/** By a file's name, loaded when it is needed; null: as plain text. */
export async function languageOf(name: string): Promise<Extension | null> {
  const load = byEnding[name.slice(name.lastIndexOf(".") + 1).toLowerCase()];
  return load ? load() : null;
}
