import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser } from "@playwright/test";

export interface Shot {
  readonly state: string;
  readonly look: string;
  readonly path: string;
  readonly file: string;
}

const style = `body{margin:0;padding:16px;background:#8a8a8a;font:13px system-ui}h1{font-size:18px}main{display:flex;flex-wrap:wrap;gap:12px}
figure{margin:0}img{display:block;height:380px;border:1px solid #444}figcaption{padding:2px 0}`;

/** One page of thumbnails a state, as HTML (each a link to its picture) and as one picture to open. */
export async function composeSheets(browser: Browser, folder: string, shots: readonly Shot[]): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 2000, height: 1200 } });
  for (const state of new Set(shots.map((shot) => shot.state))) {
    const figures = shots
      .filter((shot) => shot.state === state)
      .sort((a, b) => a.path.localeCompare(b.path))
      .map(
        ({ file, path, look }) =>
          `<figure><a href="${file}"><img src="${file}" alt=""></a><figcaption>${path} · ${look}</figcaption></figure>`,
      );
    const html = join(folder, `sheet-${state.replaceAll(" ", "-")}.html`);
    writeFileSync(html, `<!doctype html><meta charset="utf-8"><style>${style}</style><h1>${state}</h1><main>${figures.join("")}</main>`);
    await page.goto(pathToFileURL(html).href);
    await page.screenshot({ path: html.replace(/html$/, "png"), fullPage: true });
  }
  await page.close();
}
