/** What a person must do where no container engine can be had for them. */

/**
 * One or two sentences. `code` is the error of asking at `host` (ENOENT, ECONNREFUSED, EACCES, …), `chosen` whether DOCKER_HOST named it,
 * `installed` whether dockerd is there, `debian` whether apt is.
 */
export function engineAdvice({ host, code, chosen, installed, debian }) {
  const where = chosen ? `DOCKER_HOST (${host})` : host.replace("unix://", "");
  const again = "then run npm start again";
  if (code === "EACCES")
    return `The container engine at ${where} doesn't let this user in. Run: sudo usermod -aG docker $USER – sign in again, ${again}.`;
  if (chosen) return `No container engine answers at ${where}. Start it there, or unset DOCKER_HOST, ${again}.`;
  if (installed || code === "ECONNREFUSED")
    return `The container engine is installed and doesn't run. Run: sudo systemctl enable --now docker && sudo usermod -aG docker $USER – sign in again, ${again}.`;
  if (debian)
    return `There is no container engine. Run: sudo apt-get install -y docker.io && sudo usermod -aG docker $USER – sign in again, ${again}.`;
  return `There is no container engine. Install Docker Engine, give this user the right to use it, ${again}.`;
}
