// Browsers, networks and pages that make it hard: each state has words, a picture and a way on.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ASKS_NOTHING, claimsOf, reaches, root, shown, spoken, startBrowser, startServer, state, violations } from "./helpers.mjs";

const shots = join(root, "target/screenshots");
let server, slow, chromium;
before(async () => {
  mkdirSync(shots, { recursive: true });
  // A site that asks nothing on doubt: forms are sent.
  server = await startServer({ config: ASKS_NOTHING });
  slow = await startServer({ config: "difficulty = 18\nmax_difficulty = 18" });
  chromium = await startBrowser();
});
after(async () => {
  await chromium?.browser.close();
  await Promise.all([server, slow].map((one) => one?.stop()));
});

/** A page of one form with a widget whose tag holds these attributes, and this within. */
async function visit(attributes = "", { within = "", headers = {}, init = () => {}, at: { url } = server, ...options } = {}) {
  const page = await chromium.page(options);
  await page.addInitScript(init);
  const widget = `<vouchsafe-widget data-sitekey="demo" ${attributes}>${within}</vouchsafe-widget>`;
  const body = `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>A page</title>
    <form action="/sent"><label>Name <input name="name"></label>${widget}<button>Send</button></form>
    <script type="module" src="/dist/vouchsafe.js"></script></html>`;
  await page.route(`${url}/form`, (route) => route.fulfill({ body, headers: { "content-type": "text/html", ...headers } }));
  await page.route(`${url}/sent*`, (route) => route.fulfill({ body: "sent", contentType: "text/html" }));
  await page.goto(`${url}/form`);
  await page.waitForFunction(() => customElements.get("vouchsafe-widget"));
  return page;
}

test("a page's policy refuses WebAssembly: it says so, shows what the site wrote for that, or lets the form go", async () => {
  const headers = { "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'" };
  const own = '<a slot="fallback" href="mailto:help@example.org">Write to us</a>';
  const page = await visit("required", { within: own, headers });
  const link = page.getByRole("link", { name: "Write to us" });
  assert.equal(await link.isVisible(), false);
  await page.fill("input", "Ada");
  await reaches(page, "failed");
  assert.match(await shown(page, "note"), /WebAssembly/);
  assert.equal(await link.isVisible(), true);
  assert.deepEqual(await violations(page), []);
  await page.screenshot({ path: join(shots, "fallback.png") });
  assert.equal(await page.$eval("form", (form) => form.checkValidity()), false);
  await page.close();
  const lenient = await visit('data-fallback="submit" required', { headers });
  await lenient.fill("input", "Ada");
  await reaches(lenient, "failed");
  await Promise.all([lenient.waitForURL("**/sent*"), lenient.click("text=Send")]);
  assert.equal(new URL(lenient.url()).searchParams.get("vouchsafe-response"), "");
  await lenient.close();
});

test("invisible, it is seen only where something is to be done", async () => {
  const page = await visit('data-size="invisible"');
  const box = page.getByRole("group", { name: /human|verified|finish/ });
  await page.fill("input", "Ada");
  await reaches(page, "verified");
  assert.equal(await box.isVisible(), false);
  await page.context().setOffline(true);
  await page.$eval("vouchsafe-widget", (widget) => (widget.reset(), void widget.execute()));
  await reaches(page, "failed");
  assert.equal(await box.isVisible(), true);
  await page.close();
});

test("a Worker that the browser ends without a word is done without", async () => {
  const init = () => {
    const { postMessage } = Worker.prototype;
    Worker.prototype.postMessage = function (...job) {
      postMessage.apply(this, job);
      this.terminate();
    };
  };
  const page = await visit('data-execution="execute"', { init });
  await page.$eval("vouchsafe-widget", (widget) => widget.execute());
  assert.equal(await state(page), "verified");
  await page.close();
});

test("on a slow network it works, says that it does, and the form waits", async () => {
  const page = await visit();
  const cdp = await page.context().newCDPSession(page);
  // What developer tools call "Slow 3G".
  const slow3g = { offline: false, latency: 2000, downloadThroughput: 50_000, uploadThroughput: 50_000 };
  await cdp.send("Network.enable");
  await cdp.send("Network.emulateNetworkConditions", slow3g);
  await page.fill("input", "Ada");
  await page.click("text=Send");
  assert.equal(await state(page), "working");
  assert.equal(await spoken(page), "Checking\u2026");
  await page.waitForURL("**/sent*", { timeout: 60_000 });
  assert.equal(new URL(page.url()).searchParams.get("vouchsafe-response").split(".").length, 3);
  await page.close();
});

test("a visitor's clock that is a year off does not matter", async () => {
  const init = () => {
    const { now } = Date;
    Date.now = () => now() - 365 * 86_400_000;
  };
  const page = await visit('data-execution="execute"', { init });
  await page.$eval("vouchsafe-widget", (widget) => widget.execute());
  const { iat } = claimsOf(await page.$eval("vouchsafe-widget", (widget) => widget.voucher));
  assert.ok(Math.abs(iat - Date.now() / 1000) < 60, `${iat}`);
  await page.close();
});

test("a tab that is frozen in the middle of a check goes on when it is back", async () => {
  const page = await visit('data-execution="execute"', { at: slow });
  const cdp = await page.context().newCDPSession(page);
  await page.$eval("vouchsafe-widget", (widget) => void widget.execute());
  await page.waitForTimeout(300);
  assert.equal(await state(page), "working");
  await cdp.send("Page.setWebLifecycleState", { state: "frozen" });
  await new Promise((resume) => setTimeout(resume, 2000));
  await cdp.send("Page.setWebLifecycleState", { state: "active" });
  await reaches(page, "verified");
  await page.close();
});

test("needs no cookies and no storage, and leaves none", async () => {
  const init = () => {
    const refuse = { get: () => { throw new DOMException("not here", "SecurityError"); } };
    for (const name of ["localStorage", "sessionStorage", "indexedDB", "caches"]) Object.defineProperty(window, name, refuse);
    Object.defineProperty(Document.prototype, "cookie", refuse);
  };
  const page = await visit('data-execution="execute"', { init });
  await page.$eval("vouchsafe-widget", (widget) => widget.execute());
  assert.equal(await state(page), "verified");
  assert.deepEqual(await page.context().cookies(), []);
  await page.close();
});

test("a server that answers with something else than a challenge is named as the cause", async () => {
  const tooHard = `${Buffer.from('{"v":1,"difficulty":300}').toString("base64url")}.AAAA`;
  for (const challenge of ["a.b", "e30.AAAA", "bnVsbA.AAAA", "%%%.%%%", tooHard]) {
    const page = await visit('data-execution="execute"');
    await page.route("**/challenge?*", (route) => route.fulfill({ json: { challenge } }));
    await page.$eval("vouchsafe-widget", (widget) => widget.execute());
    assert.match(await shown(page, "note"), /server did not answer as expected/, challenge);
    await page.close();
  }
});

test("forced colours, no motion, and four hundred per cent", async () => {
  const page = await visit("", {
    // A window of 1280 by 1024 at 400 %.
    viewport: { width: 320, height: 256 },
    forcedColors: "active",
    reducedMotion: "reduce",
  });
  await page.fill("input", "Ada");
  await reaches(page, "verified");
  const looks = await page.$eval("vouchsafe-widget", ({ shadowRoot }) => {
    const of = (selector) => getComputedStyle(shadowRoot.querySelector(selector));
    return { animation: of(".tick").animationName, transition: of(".ring").transitionDuration, width: shadowRoot.querySelector(".box").offsetWidth };
  });
  assert.deepEqual([looks.animation, looks.transition], ["none", "0s"]);
  assert.ok(looks.width <= 320, `${looks.width}`);
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 320);
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press("Tab");
  await page.screenshot({ path: join(shots, "forced-colours.png") });
  await page.close();
});
