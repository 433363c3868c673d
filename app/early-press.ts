/**
 * Run before any other script of a page. A page that the server drew looks ready before it answers, part by part, and what was pressed in that
 * time was lost without a word. The last click is kept on `window`, for its button to find when it begins to answer (controls/press-button). Kept
 * on its way down: React stops a click on a part that does not answer yet.
 */
export const keepEarlyPress = `addEventListener("click", (event) => { window.berthLastClick = event; }, true);`;

declare global {
  interface Window {
    berthLastClick?: Event;
  }
}
