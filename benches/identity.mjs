// What a session costs in headless Chromium: three minutes enrolled, an update, opening a profile, memory.

import { join } from "node:path";
import { recorded, root, startBrowser, startServer } from "../tests/e2e/helpers.mjs";

const server = await startServer();
const { browser, page: open } = await startBrowser({ automated: false });
const page = await open();
await page.route("**/bench/session.js", (route) => route.fulfill({ path: join(root, "www/build/session.js") }));
// The module as it ships.
await page.route("**/bench/session.wasm", (route) => route.fulfill({ path: join(root, "www/dist/session.wasm"), contentType: "application/wasm" }));
await page.goto(`${server.url}/healthz`);

const rows = await page.evaluate(async ({ learnt, same }) => {
  const module = await import("/bench/session.js");
  const { memory } = await module.default({ module_or_path: "/bench/session.wasm" });
  const events = (flat) => Array.from({ length: flat.length / 4 }, (_, i) => Float64Array.from(flat.slice(4 * i, 4 * i + 4)));
  const before = memory.buffer.byteLength;
  const companion = new module.Companion(undefined, undefined, false, 0);
  const times = (list) => {
    const each = list.map((event) => {
      const start = performance.now();
      companion.feed(event);
      return performance.now() - start;
    });
    each.sort((a, b) => a - b);
    return { sum: each.reduce((a, b) => a + b, 0), most: each.at(-1), count: each.length, worked: each.filter((ms) => ms > 0.2).length };
  };
  const enrol = times(events(learnt));
  const update = times(events(same));
  const profile = companion.profile();
  const start = performance.now();
  const opened = new module.Companion(profile, undefined, false, 0);
  const opening = performance.now() - start;
  const grown = memory.buffer.byteLength;
  opened.free();
  // The key of a parcel grows the memory of whatever it is made in: a Worker, otherwise.
  const derive = performance.now();
  module.derive("correct horse", new Uint8Array(16));
  const derived = performance.now() - derive;
  const show = (ms) => `${ms.toFixed(2)} ms`;
  return [
    [`three minutes enrolled (${enrol.count} events), all together`, show(enrol.sum), "200 ms"],
    ["one event while enrolling, the slowest", show(enrol.most), ""],
    [`one event afterwards (${update.count}), the slowest`, show(update.most), "2 ms"],
    ["one event afterwards, mean", show(update.sum / update.count), ""],
    [`opening a profile of ${profile.length} bytes`, show(opening), ""],
    ["memory of the module, at start and with two sessions", `${(before / 2 ** 20).toFixed(1)} MiB, ${(grown / 2 ** 20).toFixed(1)} MiB`, "5 MB"],
    ["key of a parcel (Argon2id)", show(derived), ""],
  ];
}, { learnt: recorded("learnt"), same: recorded("same", 200_000) });
console.log("| in the browser | measured | goal |\n|---|---|---|");
for (const row of rows) console.log(`| ${row.join(" | ")} |`);
await browser.close();
await server.stop();
