// What a page pays: bytes fetched and the main thread's time, on a CPU slowed four times; ours beside ALTCHA's, Cap's
// and BotD's packages, each on a page with one form.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { root, startBrowser, startServer } from "../tests/e2e/helpers.mjs";

const packages = join(root, "benches/peers");
const folder = mkdtempSync(join(tmpdir(), "vouchsafe-weight-"));
const version = (name) => JSON.parse(readFileSync(join(packages, "node_modules", name, "package.json"), "utf8")).version;
/** A peer's package in one file, as a site's bundler leaves it. */
function bundled(name, source) {
  const [entry, out] = [join(packages, `.${name}-entry.mjs`), join(folder, `${name}.js`)];
  writeFileSync(entry, source);
  try {
    execFileSync(join(root, "www/node_modules/.bin/esbuild"), [entry, "--bundle", "--minify", "--format=esm", "--target=es2022", `--outfile=${out}`, "--log-level=error"]);
  } finally {
    rmSync(entry);
  }
  return readFileSync(out);
}

/** Figures are medians of so many. */
const LOADS = 7;
const server = await startServer();
const { browser, page: open } = await startBrowser({ automated: false });
const subjects = [
  { name: "nothing", text: "", tag: "" },
  { name: "Vouchsafe, watching", script: "/dist/vouchsafe.js", tag: '<vouchsafe-widget data-sitekey="demo" data-server="/"></vouchsafe-widget>' },
  { name: "Vouchsafe, and a check made", script: "/dist/vouchsafe.js", tag: '<vouchsafe-widget data-sitekey="demo" data-server="/"></vouchsafe-widget>', check: true },
  { name: `ALTCHA ${version("altcha")}`, text: bundled("altcha", 'import "altcha";'), tag: '<altcha-widget challenge="/nothing"></altcha-widget>' },
  { name: `Cap ${version("@cap.js/widget")}`, text: bundled("cap", 'import "@cap.js/widget";'), tag: '<cap-widget data-cap-api-endpoint="/nothing/"></cap-widget>' },
  { name: `BotD ${version("@fingerprintjs/botd")}, detecting`, text: bundled("botd", 'import { load } from "@fingerprintjs/botd"; const bot = await load(); window.told = bot.detect();'), tag: "" },
];

/** One page, opened and left alone (or checked). */
async function load({ script, text, tag, check }) {
  const page = await open({ bypassCSP: true });
  const fetched = new Map();
  page.on("response", async (response) => {
    const path = new URL(response.url()).pathname;
    if (path === "/page" || text === "" || path.startsWith("/challenge")) return;
    const body = await response.body().catch(() => undefined);
    if (body && response.ok()) fetched.set(path, gzipSync(body, { level: 9 }).length);
  });
  if (text !== undefined) await page.route("**/peer.js", (route) => route.fulfill({ body: text, contentType: "text/javascript" }));
  const html = `<!doctype html><meta charset="utf-8"><title>A form</title><link rel="icon" href="data:,">
    <script>window.long = []; new PerformanceObserver((list) => long.push(...list.getEntries().map((e) => e.duration))).observe({ type: "longtask", buffered: true });</script>
    <form><input name="name">${tag}<button>Send</button></form><script type="module" src="${script ?? "/peer.js"}"></script>`;
  await page.route("**/page", (route) => route.fulfill({ body: html, contentType: "text/html" }));
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Emulation.setCPUThrottlingRate", { rate: 4 });
  await page.goto(`${server.url}/page`);
  await page.waitForTimeout(1500);
  if (check) await page.evaluate(() => document.querySelector("vouchsafe-widget").execute());
  await page.waitForTimeout(1000);
  const long = await page.evaluate(() => window.long);
  await page.close();
  const bytes = [...fetched.values()].reduce((a, b) => a + b, 0);
  return { files: fetched.size, bytes, long: long.length, blocked: long.reduce((sum, ms) => sum + ms - 50, 0) };
}

console.log("| one page with | files | gzip | long tasks over 50 ms | blocked beyond 50 ms, all together |\n|---|---|---|---|---|");
for (const subject of subjects) {
  const loads = [];
  for (let i = 0; i < LOADS; i++) loads.push(await load(subject));
  const middle = (of) => loads.map(of).sort((a, b) => a - b)[LOADS >> 1];
  const bytes = (middle(({ bytes }) => bytes) / 1000).toFixed(1);
  console.log(`| ${subject.name} | ${loads[0].files} | ${bytes} KB | ${middle(({ long }) => long)} | ${middle(({ blocked }) => blocked).toFixed(0)} ms |`);
}
await browser.close();
await server.stop();
