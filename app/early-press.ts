/**
 * Run before any other script of a page. A page that the server drew looks ready before it answers, and what was pressed in that time was
 * lost without a word. The button of the last click is kept on `window`, for itself to find when it begins to answer (controls/press-button).
 * Written down once the click has been everywhere: React may make a part of the page answer for the very click that is under way.
 */
export const keepEarlyPress = `(() => {
  addEventListener("click", () => { window.berthLastPress = null; }, true);
  addEventListener("click", ({ target }) => {
    window.berthLastPress = target instanceof Element ? target.closest("button") : null;
  });
})();`;

declare global {
  interface Window {
    berthLastPress?: Element | null;
  }
}
