// The main flow in Firefox.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { ASKS_NOTHING, recorded, root, startServer, wordLists } from "./helpers.mjs";

const { default: puppeteer } = createRequire(join(root, "tests/clients/package.json"))("puppeteer-core");
const shots = join(root, "target/screenshots");

describe("Firefox", { skip: !process.env.FIREFOX && "FIREFOX names none" }, () => {
  let server, browser;
  before(async () => {
    mkdirSync(shots, { recursive: true });
    // Its sign-up asks nothing on doubt: forms are sent, and judged.
    server = await startServer({ config: ASKS_NOTHING });
    browser = await puppeteer.launch({ browser: "firefox", executablePath: process.env.FIREFOX, headless: true });
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  async function visit(path) {
    const page = await browser.newPage();
    page.errors = [];
    page.on("pageerror", (error) => page.errors.push(error.message));
    await page.goto(`${server.url}${path}`);
    return page;
  }
  const reaches = (page, wanted) => page.waitForFunction((wanted) => document.querySelector("vouchsafe-widget").state === wanted, {}, wanted);
  const inside = (page, of) => page.$eval("vouchsafe-widget", (widget, of) => widget.shadowRoot.querySelector(of)?.textContent, of);

  test("a form is filled in, checked, sent, and judged by the server", async () => {
    const page = await visit("/");
    await page.type("#name", "Ada");
    await page.type("#email", "ada@example.org");
    await page.type("#password", "long enough");
    await reaches(page, "verified");
    await page.screenshot({ path: join(shots, "firefox.png") });
    await page.click("#submit");
    await page.waitForSelector("#outcome:not([hidden])");
    // A driven browser says that it is one: a good voucher, a low score.
    assert.match(await page.$eval("#outcome", (outcome) => outcome.textContent), /looked automated/);
    const claims = JSON.parse(await page.$eval("#claims", (claims) => claims.textContent));
    assert.equal(claims.action, "signup");
    assert.ok(claims.evidence.typing && claims.evidence.environment);
    assert.deepEqual(page.errors, []);
    await page.close();
  });

  test("who is doubted chooses words, ticks them, and is let in", async () => {
    const page = await visit("/doubt.html");
    await page.click("#submit");
    await page.waitForFunction(() => document.querySelector("vouchsafe-widget").shadowRoot.querySelector(".step-up input[value=question]"));
    for (let round = 0; round < 3 && !(await page.$("#outcome.good")); round++) {
      await page.waitForFunction(() => document.querySelector("#outcome.good") || document.querySelector("vouchsafe-widget").shadowRoot.querySelector(".step-up .puzzle > *"));
      await page.evaluate((lists) => {
        const panel = document.querySelector("vouchsafe-widget").shadowRoot.querySelector(".step-up");
        if (!panel) return;
        const words = panel.querySelector(".words");
        if (!words) return void panel.querySelector("input[value=question]").click();
        const [, right] = lists.find(([asked]) => words.textContent.includes(asked));
        for (const label of words.querySelectorAll("label")) if (right.includes(label.textContent)) label.click();
        [...panel.querySelectorAll("button")].find(({ textContent }) => textContent === "Check").click();
      }, wordLists());
      await new Promise((resume) => setTimeout(resume, 1500));
    }
    await page.waitForSelector("#outcome.good");
    assert.match(await page.$eval("#said", (said) => said.textContent), /words/);
    assert.deepEqual(page.errors, []);
    await page.close();
  });

  test("by keyboard alone; the panel opens and says what would be sent", async () => {
    const page = await visit("/");
    await page.$eval("vouchsafe-widget", (widget) => widget.focus());
    await page.keyboard.press("Enter");
    await reaches(page, "verified");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.querySelector("vouchsafe-widget").shadowRoot.querySelector(".why dl"));
    assert.match(await inside(page, ".why"), /all that is added/);
    await page.keyboard.press("Escape");
    assert.equal(await inside(page, ".why"), undefined);
    assert.deepEqual(page.errors, []);
    await page.close();
  });

  test("a session: somebody is learnt, still known after a reload, and another is noticed", async () => {
    const begin = (page) =>
      page.evaluate(async () => {
        // A driven browser would be asked at once.
        Object.defineProperty(navigator, "webdriver", { get: () => false });
        const { session } = await import("/dist/session.js");
        window.mine = await session({ watch: false });
        return { enrolled: mine.status.enrolled, vault: mine.vault };
      });
    const feed = (page, name) =>
      page.evaluate((events) => {
        mine.feed(Float64Array.from(events));
        return mine.status.state;
      }, recorded(name));
    const page = await visit("/face.html");
    assert.deepEqual(await begin(page), { enrolled: 0, vault: "stored" });
    assert.equal(await feed(page, "learnt"), "open");
    await page.evaluate(() => mine.end());
    await page.reload();
    assert.deepEqual(await begin(page), { enrolled: 1, vault: "stored" });
    assert.equal(await feed(page, "same"), "open");
    assert.equal(await feed(page, "other"), "challenge");
    const parcel = await page.evaluate(async () => (await mine.export("a passphrase")).length);
    assert.ok(parcel > 4000, `${parcel}`);
    assert.deepEqual(page.errors, []);
    await page.close();
  });

  test("the face engine finds a face", async () => {
    const page = await visit("/face.html");
    const input = await page.$("#pictures");
    await input.uploadFile(join(root, "tests/corpus/astronaut.jpg"));
    await page.waitForFunction(() => document.querySelector("#seen figcaption")?.textContent.includes("one face"), { timeout: 60_000 });
    assert.deepEqual(page.errors, []);
    await page.close();
  });
});
