import { execFile } from "node:child_process";

/** What a program printed. Rejects with its own words where it ends with another code than 0. */
export function command(program: string, words: readonly string[], input = "", env: NodeJS.ProcessEnv = process.env): Promise<string> {
  return new Promise((resolve, reject) => {
    const path = `${env.PATH}:/usr/sbin:/sbin`;
    const child = execFile(program, words, { env: { ...env, PATH: path }, maxBuffer: 64 * 1024 * 1024 }, (error, printed, errors) => {
      if (error) reject(new Error(`${program} ${words.join(" ")}: ${errors.trim() || error.message}`));
      else resolve(printed);
    });
    // It may have ended before it read.
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
  });
}
