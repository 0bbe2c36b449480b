// Plays the sessions on standard input in a real Chromium, each by its `player`, and prints what a page got of them.
// Run by record.py.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { play, sendPointer, startBrowser, startScreen } from "../../tests/e2e/helpers.mjs";

/** How many play at once: more, and the machine is what is recorded. */
const ABREAST = 3;
const FRAME_MS = 1000 / 60;
/** Until whoever plays is ready, and until the page has had the last event. */
const SETTLE_MS = 500;

/** Runs in the page: keeps what a page would. */
function listen() {
  window.seen = [];
  for (const [name, kind] of [["pointermove", "move"], ["pointerdown", "down"], ["pointerup", "up"]]) {
    addEventListener(name, (event) => window.seen.push([event.timeStamp, kind, event.clientX, event.clientY]), true);
  }
}

async function byProtocol({ viewport: [width, height], events }, waits) {
  const { browser, page: open } = await startBrowser({ automated: false });
  try {
    const page = await open({ viewport: { width, height } });
    await page.evaluate(listen);
    const cdp = await page.context().newCDPSession(page);
    await pause(SETTLE_MS);
    await play(events, (...step) => sendPointer(cdp, ...step), { waits });
    await pause(SETTLE_MS);
    return await page.evaluate(() => window.seen);
  } finally {
    await browser.close();
  }
}

async function bySystem({ viewport: [width, height], events }) {
  const screen = await startScreen({ width, height });
  try {
    const { page, env } = screen;
    await page.evaluate(listen);
    const [left, top] = await screen.origin();
    const pointer = spawn("xdotool", ["-"], { env, stdio: ["pipe", "ignore", "inherit"] });
    const steps = { down: () => "mousedown 1", up: () => "mouseup 1", move: (x, y) => `mousemove ${Math.round(left + x)} ${Math.round(top + y)}` };
    await pause(SETTLE_MS);
    await play(events, (kind, x, y) => pointer.stdin.write(`${steps[kind](x, y)}\n`));
    await pause(SETTLE_MS);
    pointer.stdin.end();
    return await page.evaluate(() => window.seen);
  } finally {
    await screen.close();
  }
}

/** Whole px and ms, of each frame's moves the last, as the other recordings have it. */
function filtered(seen) {
  const out = [];
  const frame = ([t]) => Math.floor(t / FRAME_MS);
  const start = seen[0]?.[0] ?? 0;
  for (const [t, kind, x, y] of seen) {
    const event = [Math.round(t - start), kind, Math.round(x), Math.round(y)];
    const last = out.at(-1);
    if (kind === "move" && last?.[1] === "move" && frame(last) === frame(event)) out.pop();
    out.push(event);
  }
  return out;
}

const scripts = [];
for await (const line of createInterface({ input: process.stdin })) scripts.push(JSON.parse(line));
let [next, done] = [0, 0];
const traces = [];
await Promise.all(
  Array.from({ length: ABREAST }, async () => {
    while (next < scripts.length) {
      const at = next++;
      const script = scripts[at];
      try {
        const seen = script.player === "system" ? await bySystem(script) : await byProtocol(script, script.player === "awaited");
        traces[at] = { ...script, events: filtered(seen) };
      } catch (error) {
        console.error(`${script.id} was not recorded: ${error.message}`);
      }
      done++;
      if (done % 10 === 0) console.error(`${done} of ${scripts.length} sessions played`);
    }
  }),
);
// One that failed left a hole, which filter passes over.
for (const trace of traces.filter(({ events }) => events.length > 0)) console.log(JSON.stringify(trace));
