/** Loaded into each program that our scripts start: ends it when the script is gone (killed), so that nothing is left running unseen. */
const parent = Number(process.env.BERTH_END_WITH_PARENT);

const lives = () => {
  try {
    process.kill(parent, 0);
    return true;
  } catch {
    return false;
  }
};

// Programs further down inherit the setting and have other parents: theirs to end.
if (parent && (process.ppid === parent || !lives())) {
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    process.kill(process.pid, "SIGTERM");
    setTimeout(() => process.kill(process.pid, "SIGKILL"), 30_000).unref();
  }, 500);
  watch.unref();
}
