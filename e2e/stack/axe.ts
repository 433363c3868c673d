import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";

/** Of axe's rules; that of contrast is its slowest. */
export type Rules = "all" | "contrast" | "all but contrast";
const contrast = "color-contrast";

/** What noVNC draws a desktop's pointer on where a finger has none of its own, beside all landmarks; empty till then. */
const noVncCursor = "body > canvas";

/** What axe finds wrong, and where. */
export async function findings(page: Page, by: Rules = "all"): Promise<string[]> {
  // Legacy mode leaves out other origins' frames, which no page has, and a second tab for each look. What passes isn't described.
  const axe = new AxeBuilder({ page })
    .setLegacyMode(true)
    .options({ resultTypes: ["violations"] })
    .exclude(noVncCursor);
  const ruled = by === "contrast" ? axe.withRules([contrast]) : by === "all" ? axe : axe.disableRules([contrast]);
  const { violations } = await ruled.analyze();
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(" ")}`));
}
