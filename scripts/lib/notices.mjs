/** What the UI must tell about this installation: the control plane reads the file, `npm start` writes it. */
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export function noticeBoard(dataDir) {
  const notices = new Map();
  const write = () => {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const file = join(dataDir, "notices.json");
    writeFileSync(`${file}.new`, JSON.stringify([...notices.values()]), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  };
  write();
  return {
    /** One notice for each subject; null takes it away. */
    set(subject, text) {
      if (text === null) notices.delete(subject);
      else notices.set(subject, text);
      write();
    },
  };
}
