// The same costs as benches/core.rs, in headless Chromium, through the artefact that ships.

import { join } from "node:path";
import { corpus, root, startBrowser, startServer } from "../tests/e2e/helpers.mjs";

const server = await startServer();
const { browser, page: open } = await startBrowser();
const page = await open();
// The bindings, which the package does not export one by one, come straight from the build.
await page.route("**/bench/core.js", (route) => route.fulfill({ path: join(root, "www/build/core.js") }));
await page.goto(`${server.url}/healthz`);
const traces = corpus().filter((trace) => trace.id.startsWith("human-pointer"));

const rows = await page.evaluate(async (traces) => {
  // A page that has been open for a minute already, so that events can lie that far back.
  const clock = performance.now.bind(performance);
  performance.now = () => clock() + 60_000;
  const module = await import("/bench/core.js");
  await module.default({ module_or_path: "/dist/vouchsafe.wasm" });
  const median = (samples) => samples.sort((a, b) => a - b)[Math.floor(samples.length / 2)];
  const time = (runs, task) => {
    const samples = [];
    for (let i = 0; i < runs; i++) {
      const start = performance.now();
      task();
      samples.push(performance.now() - start);
    }
    return median(samples);
  };
  const rows = [];

  const first = new module.Watcher();
  const event = () => new PointerEvent("pointermove", { clientX: Math.random() * 900, clientY: 5, bubbles: true });
  const burst = (count) => () => {
    for (let i = 0; i < count; i++) document.body.dispatchEvent(event());
  };
  const without = time(20, burst(1000));
  first.attach();
  const withListener = time(20, burst(1000));
  rows.push(["one event, listener's share", (withListener - without) / 1000]);
  first.free();

  // 60 s of recorded movement, dispatched with the recording's own times.
  let events = 0;
  const watcher = new module.Watcher();
  watcher.attach();
  let offset = 0;
  for (const trace of [...traces, ...traces]) {
    for (const [t, kind, x, y] of trace.events) {
      const name = { move: "pointermove", down: "pointerdown", up: "pointerup" }[kind];
      if (!name || offset + t > 60_000) continue;
      const made = new PointerEvent(name, { clientX: x, clientY: y, bubbles: true, pointerType: "mouse" });
      Object.defineProperty(made, "timeStamp", { value: Math.max(1, offset + t - 60_000 + performance.now()) });
      document.body.dispatchEvent(made);
      events++;
    }
    offset += trace.events.at(-1)[0] + 400;
  }
  rows.push([`score of 60 s (${events} events), the first`, time(1, () => watcher.measure())]);
  // The browser compiles again, for speed, what has run a while: the middle of many is mostly after that.
  rows.push(["score of 60 s, median of 400", time(400, () => watcher.measure())]);

  const { challenge } = await (await fetch("/challenge?sitekey=demo&hostname=localhost")).json();
  const { open } = await import("/dist/seal.js");
  const key = await open(await WebAssembly.compileStreaming(fetch("/dist/seal.wasm")), watcher);
  const ticket = key.ticket(challenge, performance.now());
  const start = performance.now();
  await ticket.solve(() => undefined, new AbortController().signal);
  rows.push(["proof of work, difficulty 12, in a Worker (once)", performance.now() - start]);
  rows.push(["sign, score included", time(50, () => ticket.sign({}))]);
  return rows;
}, traces);

for (const [name, ms] of rows) {
  const shown = ms < 0.1 ? `${(ms * 1000).toFixed(2)} \u00b5s` : `${ms.toFixed(2)} ms`;
  console.log(`${name.padEnd(52)} ${shown}`);
}
await browser.close();
await server.stop();
