// Shared by the end-to-end tests: a server on a free port, a browser, recorded people.

import assert from "node:assert/strict";
import { execFile, spawn, spawnSync } from "node:child_process";
import { createHash, createHmac, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

export const root = resolve(import.meta.dirname, "../..");
const require = createRequire(join(root, "www/package.json"));
export const EXECUTABLE = process.env.CHROMIUM ?? "/usr/bin/chromium";
export const { chromium } = require("playwright-core");
const axeSource = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

/** Configuration of the demo's site without challenges: who scores too low is refused. */
export const ASKS_NOTHING = `[[site]]\nsitekey = "demo"\nsecret = "the demo site's own secret"\nhostnames = ["localhost"]\n`;

/** A demo server; `config` is TOML put before the demo's own settings. */
export async function startServer({ config = "", database = "memory" } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "vouchsafe-"));
  writeFileSync(join(folder, "server.toml"), config);
  const args = ["--demo", "--listen", "127.0.0.1:0", "--database", database, "--log-format", "json"];
  args.push("--assets", join(root, "www"), "--config", join(folder, "server.toml"));
  const child = spawn(join(root, "target/debug/vouchsafe-server"), args, { stdio: ["ignore", "pipe", "inherit"] });
  process.once("exit", () => child.kill());
  const logs = [];
  const port = await new Promise((found, failed) => {
    child.once("exit", (code) => failed(new Error(`server ended with ${code}`)));
    child.stdout.on("data", (chunk) => {
      logs.push(String(chunk));
      const address = /"address":"127\.0\.0\.1:(\d+)"/.exec(logs.join(""));
      if (address) found(Number(address[1]));
    });
  });
  return {
    url: `http://localhost:${port}`,
    logs: () => logs.join(""),
    async stop() {
      if (child.exitCode !== null) return child.exitCode;
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      const [code] = await ended;
      return code;
    },
  };
}

/** Chromium; `automated: false` hides that it is driven, as a person's browser has nothing to hide; `without` leaves
 * out arguments of Playwright's. */
export function startBrowser({ automated = true, without = [] } = {}) {
  const args = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];
  args.push("--disable-component-update", "--disable-sync");
  if (!automated) args.push("--disable-blink-features=AutomationControlled");
  const agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";
  return chromium
    .launch({ executablePath: EXECUTABLE, args, ignoreDefaultArgs: without, chromiumSandbox: false })
    .then((browser) => ({
      browser,
      page: (options = {}) => browser.newPage({ userAgent: automated ? undefined : agent, ...options }),
    }));
}

/** A screen of its own (Xvfb) with a browser on it that hides that it is driven, for a page of that size, magnified by
 * `scale`. `xdotool` moves its pointer and keys, `env` is what other programs need for that; `origin` is where the page
 * begins. */
export async function startScreen({ width, height }, launcher = chromium, scale = 1) {
  const size = [width + 20, height + 150];
  const screen = spawn("Xvfb", ["-displayfd", "1", "-screen", "0", `${size.join("x")}x24`], { stdio: ["ignore", "pipe", "ignore"] });
  let browser;
  const close = async () => {
    await browser?.close().catch(() => undefined);
    screen.kill();
  };
  try {
    const ended = once(screen, "exit").then(() => {
      throw new Error("Xvfb did not start");
    });
    const [number] = await Promise.race([once(screen.stdout, "data"), ended]);
    const env = { ...process.env, DISPLAY: `:${String(number).trim()}` };
    const args = ["--no-first-run", "--disable-gpu", "--window-position=0,0", `--window-size=${size[0]},${size[1]}`];
    args.push("--disable-blink-features=AutomationControlled", `--force-device-scale-factor=${scale}`);
    browser = await launcher.launch({ executablePath: EXECUTABLE, headless: false, env, args, chromiumSandbox: false });
    const page = await browser.newPage({ viewport: null });
    const origin = () => page.evaluate(() => [window.screenX, window.screenY + window.outerHeight - window.innerHeight]);
    const run = promisify(execFile);
    const xdotool = (...args) => run("xdotool", args.map(String), { env });
    return { page, env, xdotool, origin, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The committed corpus of recorded sessions. */
export function corpus() {
  const text = readFileSync(join(root, "tests/corpus/traces.jsonl"), "utf8");
  return text.trim().split("\n").map((line) => JSON.parse(line));
}

/** A `move`, `down` or `up` through the debugging protocol; answered when the page has had it, or is gone. */
export function sendPointer(cdp, kind, x, y) {
  const type = { move: "mouseMoved", down: "mousePressed", up: "mouseReleased" }[kind];
  const pressed = kind !== "move";
  const event = { type, x, y, button: pressed ? "left" : "none", clickCount: pressed ? 1 : 0 };
  return cdp.send("Input.dispatchMouseEvent", event).catch(() => undefined);
}

/** Gives every step of `[ms, ...step]` to `send` when it is due. Where `waits`, what `send` gives back later than a quarter
 * of a frame delays everything after it. */
export async function play(events, send, { waits = false } = {}) {
  let start = performance.now();
  for (const [t, ...step] of events) {
    const wait = start + t - performance.now();
    if (wait > 1) await new Promise((resume) => setTimeout(resume, wait));
    const sent = send(...step);
    if (waits) {
      await sent;
      start += Math.max(0, performance.now() - (start + t) - 1000 / 60 / 4);
    }
  }
}

/** Replays a recorded person's movement and presses with its own timing, shifted to stay inside the page, and by `between`
 * px off its pixels. */
export async function replay(page, trace, { limit = Infinity, between = 0 } = {}) {
  const cdp = await page.context().newCDPSession(page);
  const { width, height } = page.viewportSize();
  const [w, h] = trace.viewport;
  const scale = Math.min(1, width / w, height / h);
  const first = trace.events[0][0];
  const events = trace.events.filter(([t, kind]) => t - first <= limit && ["move", "down", "up"].includes(kind));
  // In the screen's own pixels, as a mouse points, and once where that is the same one.
  const pixel = (x) => Math.round(x * scale) + between;
  const steps = events.map(([t, kind, x, y]) => [t - first, kind, pixel(x), pixel(y)]);
  const same = (a, b) => a[1] === b[1] && a[2] === b[2] && a[3] === b[3];
  const moved = steps.filter((step, i) => i === 0 || !same(step, steps[i - 1]));
  // Not awaited one by one: the recording's clock leads, as a hand would.
  await play(moved, (kind, x, y) => sendPointer(cdp, kind, x, y));
  await page.evaluate(() => new Promise((resume) => setTimeout(resume, 50)));
}

/** axe-core's findings against WCAG 2.2 A and AA. */
export async function violations(page) {
  // The strict policy forbids injected scripts; the page's own world is not where axe has to run.
  const cdp = await page.context().newCDPSession(page);
  const { frameTree } = await cdp.send("Page.getFrameTree");
  const world = await cdp.send("Page.createIsolatedWorld", { frameId: frameTree.frame.id });
  const run = `${axeSource}; axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] })
    .then(({ violations }) => violations.map((v) => v.id + ": " + v.nodes.map((n) => n.html).join(" ")))`;
  const options = { expression: run, awaitPromise: true, returnByValue: true, contextId: world.executionContextId };
  const { result, exceptionDetails } = await cdp.send("Runtime.evaluate", options);
  assert.equal(exceptionDetails, undefined);
  return result.value;
}

/** What goes wrong in a page from now on: exceptions, and what is logged as an error. */
export function errorsOf(page) {
  const errors = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  return errors;
}

/** The demo's recorded people, as `session.feed` takes them: `[ms, x, y, 0 move | 1 down | 2 up]` each, from `start` on. */
export function recorded(name, start = 0) {
  const packed = people[name];
  const events = [];
  let [t, x, y] = [start, 0, 0];
  for (let i = 0; i < packed.length; i += 4) events.push((t += packed[i]), (x += packed[i + 1]), (y += packed[i + 2]), packed[i + 3]);
  return events;
}
const people = JSON.parse(readFileSync(join(root, "www/demo/people.json"), "utf8"));

/** Claims of a voucher, as anybody can read them. */
export function claimsOf(voucher) {
  return JSON.parse(Buffer.from(voucher.split(".")[1], "base64url").toString());
}

/** What a word puzzle asks and which words are right, read from where the server has them. */
export function wordLists(language = "en") {
  const lists = JSON.parse(readFileSync(join(root, `server/src/step_up/words/${language}.json`), "utf8"));
  return Object.values(lists).map(({ text, words }) => [text, words]);
}

/** Ticks the right words of a word puzzle in `panel`. */
export async function tickWords(panel, language) {
  const text = await panel.locator(".words legend").textContent();
  const [, right] = wordLists(language).find(([asked]) => asked === text);
  for (const word of right) {
    const box = panel.getByRole("checkbox", { name: word, exact: true });
    if (await box.count()) await box.check();
  }
}

/** The movements that an attempt at a nonce asks for, as docs/protocol.md says. */
function promptsOf(nonce, attempt) {
  const d = createHash("sha256").update("vouchsafe liveness v1\0").update(nonce).update(Buffer.from([attempt])).digest();
  const others = ["look-up", "blink", "open-mouth", "smile", "move-closer"];
  const drawn = [others.splice(d[1] % 5, 1)[0], others.splice(d[2] % 4, 1)[0]];
  drawn.splice(d[3] % 3, 0, d[0] % 2 ? "turn-right" : "turn-left");
  return drawn.join();
}

/**
 * A nonce whose first two attempts ask for these movements, another at each call: a machine too busy to keep up misses a
 * blink, and tries again.
 */
export const nonceAsking = (...prompts) => nonceAt([0, 1], prompts);

/** A nonce whose attempts of these numbers ask for these movements. */
export function nonceAt(attempts, prompts) {
  for (;;) {
    const nonce = randomBytes(16);
    if (attempts.some((attempt) => promptsOf(nonce, attempt) !== prompts.join())) continue;
    const text = nonce.toString("base64url");
    const { stdout } = spawnSync(join(root, "target/debug/vouchsafe"), ["face", "prompts", "--attempt", `${attempts[0]}`, "--", text], { encoding: "utf8" });
    assert.deepEqual(JSON.parse(stdout).prompts, prompts, "the protocol and the native build agree");
    return text;
  }
}

/** A challenge with another nonce: only who knows the server's secret can make one. */
export function asking(challenge, nonce, secret) {
  const terms = JSON.parse(Buffer.from(challenge.split(".")[0], "base64url"));
  const payload = Buffer.from(JSON.stringify({ ...terms, nonce })).toString("base64url");
  return `${payload}.${createHmac("sha256", secret).update(`vouchsafe challenge v1\0${payload}`).digest("base64url")}`;
}

/** A page's first widget: what it is doing, until it does something, what it shows, what it says aloud. */
export const state = (page) => page.$eval("vouchsafe-widget", (widget) => widget.state);
export const reaches = (page, wanted) =>
  page.waitForFunction((wanted) => document.querySelector("vouchsafe-widget").state === wanted, wanted);
export const shown = (page, id) => page.$eval("vouchsafe-widget", (widget, id) => widget.shadowRoot.getElementById(id).textContent, id);
export const spoken = (page) => page.$eval("vouchsafe-widget", (widget) => widget.shadowRoot.querySelector("[role=status]").textContent);
