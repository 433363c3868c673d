/** Loaded into each program that our scripts start: ends it when the script is gone (killed), so that nothing is left running unseen. */
const parent = Number(process.env.BERTH_END_WITH_PARENT);

// Workers and programs that inherit the setting have other parents.
if (parent && process.ppid === parent) {
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    process.kill(process.pid, "SIGTERM");
    setTimeout(() => process.kill(process.pid, "SIGKILL"), 30_000).unref();
  }, 500);
  watch.unref();
}
