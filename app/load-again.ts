/**
 * Run before any other script of a page: one that could not be loaded leaves a page that looks right and answers nothing. Browsers break
 * off what they are loading when the host's network changes, and on the host of the containers each session that starts changes it. So the
 * page is loaded again, once in ten seconds, as long as its `load` event has not come; what is loaded later says itself that it failed.
 */
export const loadAgain = `(() => {
  const key = "berth-loaded-again";
  const failed = ({ target }) => {
    if (!(target instanceof HTMLScriptElement) || !target.src.startsWith(location.origin + "/_next/")) return;
    const now = Date.now();
    if (now - Number(sessionStorage.getItem(key)) < 10000) return;
    sessionStorage.setItem(key, String(now));
    location.reload();
  };
  addEventListener("error", failed, true);
  addEventListener("load", () => removeEventListener("error", failed, true));
})();`;
