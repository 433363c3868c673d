/** `npm run bench -- ui [--quick]`: every page of the UI in a real browser, with a thousand sessions and a hundred agents behind it. Needs `npm run build`; needs no container engine. */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { describeMachine } from "../measure/machine";
import { BerthStack } from "../start/berth-stack";
import { SignedIn } from "./browser";
import { FullHouse } from "./full-house";
import { interact } from "./interactions";
import { type Frames, watchFrames } from "./live-rows";
import { observed } from "./observe-page";
import { type PageToMeasure, pages } from "./pages";
import { type LiveResult, type PageResult, type UiReport, uiMarkdown } from "./report";

const PER_SECOND = 50;
const listsToWatch = ["/sessions", "/"];

const { values: flags } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    /** Only these pages, by name; `none` for the live lists alone. */
    pages: { type: "string" },
    json: { type: "string" },
    markdown: { type: "string" },
  },
});
const loads = flags.quick ? 1 : 3;
const rounds = flags.quick ? 1 : 2;
const seconds = flags.quick ? 4 : 10;
const say = (text: string) => process.stderr.write(`${text}\n`);

async function measurePage(person: SignedIn, { name, heavy = false }: PageToMeasure, path: string): Promise<PageResult> {
  const firstPaintMs: number[] = [];
  let scriptKb = 0;
  let shift = 0;
  for (let load = 1; load < loads; load += 1) {
    const page = await person.tab(path, false);
    firstPaintMs.push((await observed(page)).firstPaint ?? Number.NaN);
    await page.context().close();
  }
  const page = await person.tab(path);
  const loaded = await observed(page);
  firstPaintMs.push(loaded.firstPaint ?? Number.NaN);
  scriptKb = loaded.scriptBytes / 1000;
  const interactions = await interact(page, rounds);
  shift = (await observed(page)).shift;
  await page.context().close();
  say(
    `${name}: ${firstPaintMs.map((one) => one.toFixed(0)).join("/")} ms, ${scriptKb.toFixed(1)} KB, shift ${shift.toFixed(4)}, ${interactions.map((one) => `${one.what} ${one.ms}`).join(", ")}`,
  );
  return { name, heavy, firstPaintMs, scriptKb, shift, interactions };
}

async function measureLive(person: SignedIn, house: FullHouse, path: string): Promise<LiveResult> {
  const page = await person.tab(path);
  const quiet = await watchFrames(page, seconds * 500);
  const [busy, changes]: [Frames, number] = await Promise.all([
    watchFrames(page, seconds * 1000),
    house.change(PER_SECOND, seconds * 1000),
  ]);
  await page.context().close();
  say(`${path}: quiet ${JSON.stringify(quiet)}, ${changes} changes ${JSON.stringify(busy)}`);
  if (busy.changedCells === 0) throw new Error(`nothing changed on ${path}: the events did not arrive`);
  return { path, perSecond: PER_SECOND, changes, seconds, quiet, busy };
}

const stack = await BerthStack.start(process.cwd(), ["--driver", "memory"]);
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void stack.stop().finally(() => process.exit(1)));
try {
  const house = await FullHouse.fill(stack.dataDir);
  try {
    const person = await SignedIn.open(stack);
    const things = { sessionId: await house.oneSession(), userId: await house.oneUser(), taskId: await house.oneTask() };
    const wanted = flags.pages?.split(",");
    const results: PageResult[] = [];
    for (const page of pages) {
      if (wanted && !wanted.includes(page.name)) continue;
      results.push(await measurePage(person, page, page.path(things)));
    }
    const live: LiveResult[] = [];
    for (const path of listsToWatch) live.push(await measureLive(person, house, path));
    await person.leave();
    if (results.length > 0) {
      const report: UiReport = {
        date: new Date().toISOString().slice(0, 10),
        command: `npm run bench -- ui${flags.quick ? " --quick" : ""}`,
        machine: describeMachine(["chromium"]),
        pages: results,
        live,
      };
      const markdown = uiMarkdown(report);
      if (flags.json) writeFileSync(flags.json, `${JSON.stringify(report, null, 1)}\n`);
      if (flags.markdown) writeFileSync(flags.markdown, `${markdown}\n`);
      process.stdout.write(`${markdown}\n`);
    }
  } finally {
    await house.leave();
  }
} finally {
  await stack.stop();
}
