/** Home volumes: made with labels, found by them, and never taken from anyone else. */
import { chown, stat } from "node:fs/promises";
import { BerthError } from "@berth/protocol/errors";
import type Docker from "dockerode";
import type { SeenHome } from "../driver";
import { SESSION_UID } from "./container-spec";
import { engineError, engineWords, statusOf } from "./engine-errors";
import type { HomeSizes } from "./home-sizes";
import { LABEL, ofAgent } from "./labels";

export class Homes {
  readonly #docker: Docker;
  readonly #engine: string;
  readonly #agent: string;
  readonly #sizes: HomeSizes;

  constructor(docker: Docker, engine: string, agent: string, sizes: HomeSizes) {
    this.#docker = docker;
    this.#engine = engine;
    this.#agent = agent;
    this.#sizes = sizes;
  }

  /** True where it was made now: then a failed start takes it away again. */
  async ensure(volume: string, mayMake: boolean): Promise<boolean> {
    const labels = await this.#labelsOf(volume);
    if (labels) {
      if (labels[LABEL.home] === undefined) {
        throw new BerthError("SPEC_REFUSED", `The agent refuses this session: volume ${volume} was not made by Berth`);
      }
      return false;
    }
    if (!mayMake) throw new BerthError("HOME_MISSING", `Home ${volume} is no longer on this host, so the session can't be woken with it`);
    try {
      await this.#docker.createVolume({ Name: volume, Labels: { [LABEL.home]: volume, [LABEL.agent]: this.#agent } });
    } catch (error) {
      throw engineError(error, `create home ${volume}`, this.#engine);
    }
    return true;
  }

  /**
   * Gives a new home to the session's user where the image has no folder at its place (an engine makes it root's then). Only before its
   * first container runs: later anything could stand there.
   */
  async giveToUser(volume: string): Promise<void> {
    const { Mountpoint } = await this.#docker.getVolume(volume).inspect();
    const folder = await stat(Mountpoint);
    if (folder.uid === 0) await chown(Mountpoint, SESSION_UID, SESSION_UID);
  }

  async has(volume: string): Promise<boolean> {
    return (await this.#labelsOf(volume)) !== null;
  }

  async remove(volume: string): Promise<void> {
    const labels = await this.#labelsOf(volume);
    if (!labels) return;
    if (labels[LABEL.home] === undefined) throw new BerthError("SPEC_REFUSED", `Volume ${volume} was not made by Berth and is left alone`);
    try {
      await this.#docker.getVolume(volume).remove();
    } catch (error) {
      if (statusOf(error) === 404) return;
      if (statusOf(error) === 409) {
        throw new BerthError("HOME_IN_USE", `Home ${volume} is used by a container; end that session first (${engineWords(error)})`, {
          cause: error,
        });
      }
      throw engineError(error, `remove home ${volume}`, this.#engine);
    }
  }

  async list(): Promise<SeenHome[]> {
    try {
      const { Volumes } = await this.#docker.listVolumes({ filters: JSON.stringify({ label: [LABEL.home, ofAgent(this.#agent)] }) });
      await this.#sizes.freshen();
      return (Volumes ?? []).map(({ Name }) => ({ volume: Name, size: this.#sizes.of(Name) }));
    } catch (error) {
      throw engineError(error, "list homes", this.#engine);
    }
  }

  async #labelsOf(volume: string): Promise<Record<string, string> | null> {
    try {
      return (await this.#docker.getVolume(volume).inspect()).Labels ?? {};
    } catch (error) {
      if (statusOf(error) === 404) return null;
      throw engineError(error, `look for home ${volume}`, this.#engine);
    }
  }
}
