import { expect, it } from "vitest";
import { latencyWords, rateWords, strengthOf } from "./connection-words";

it("says latency, throughput and how they feel in a word", () => {
  expect([null, 0.2, 38.4, 999, 1_420].map(latencyWords)).toEqual(["–", "1 ms", "38 ms", "999 ms", "1.4 s"]);
  expect([0, 4_000, 42_000, 1_230_000, 24_400_000].map(rateWords)).toEqual(["0 MB/s", "0 MB/s", "0.04 MB/s", "1.2 MB/s", "24 MB/s"]);
  expect([null, 10, 100, 400].map((latency) => strengthOf({ latency }).words)).toEqual(["not measured", "good", "fair", "slow"]);
});
