import { expect, test } from "vitest";
import { engineAdvice } from "./engine-advice.mjs";

const usual = { host: "unix:///var/run/docker.sock", code: "ENOENT", chosen: false, installed: false, debian: true };

test("where nothing is installed, Debian's users get the one command", () => {
  expect(engineAdvice(usual)).toContain("sudo apt-get install -y docker.io && sudo usermod -aG docker $USER");
  expect(engineAdvice({ ...usual, debian: false })).not.toContain("apt-get");
});

test("an engine that doesn't let the user in is a matter of its group, at DOCKER_HOST too", () => {
  for (const chosen of [false, true]) {
    const advice = engineAdvice({ ...usual, code: "EACCES", chosen, installed: true });
    expect(advice).toContain("sudo usermod -aG docker $USER");
    expect(advice).not.toMatch(/install|unset/);
  }
});

test("one that is installed and doesn't run is to be started", () => {
  expect(engineAdvice({ ...usual, installed: true })).toContain("systemctl enable --now docker");
  expect(engineAdvice({ ...usual, code: "ECONNREFUSED" })).toContain("systemctl enable --now docker");
});

test("a DOCKER_HOST that doesn't answer is named", () => {
  expect(engineAdvice({ ...usual, host: "tcp://192.0.2.7:2375", code: "ETIMEDOUT", chosen: true })).toContain(
    "DOCKER_HOST (tcp://192.0.2.7:2375)",
  );
});
