// The laboratory: its tabs, charts, sliders and kept sessions.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { corpus, errorsOf, replay, root, startBrowser, startServer, violations } from "./helpers.mjs";

const shots = join(root, "target/screenshots");
let server, chromium;
before(async () => {
  mkdirSync(shots, { recursive: true });
  server = await startServer();
  chromium = await startBrowser({ automated: false });
});
after(async () => {
  await chromium?.browser.close();
  await server?.stop();
});

async function visit(work, options = {}) {
  const page = await chromium.page({ viewport: { width: 1100, height: 900 }, ...options });
  const errors = errorsOf(page);
  try {
    await page.goto(`${server.url}/lab.html`);
    await page.waitForFunction(() => document.querySelector("#assessment").textContent.startsWith("{"));
    await work(page);
    assert.deepEqual(errors, []);
  } finally {
    await page.close();
  }
}

/** Pixels of a chart that are painted in. */
const painted = (page, id) =>
  page.$eval(`#${id} canvas`, (canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (let i = 3; i < data.length; i += 4) count += data[i] > 0;
    return count;
  });

test("charts follow hand and keys, and the page's opinion is there as JSON", async () => {
  await visit(async (page) => {
    const before = await Promise.all(["speed", "clicks", "keys"].map((id) => painted(page, id)));
    await page.click("#type");
    await page.keyboard.type("A sentence to look at.", { delay: 70 });
    await replay(page, corpus().find((trace) => trace.id.startsWith("human-pointer")), { limit: 4000 });
    for (let i = 0; i < 3; i++) await page.mouse.click(300, 120);
    await page.waitForTimeout(600);
    const after = await Promise.all(["speed", "clicks", "keys"].map((id) => painted(page, id)));
    after.forEach((count, i) => assert.ok(count > before[i], `chart ${i}: ${before[i]} then ${count}`));
    assert.match(await page.textContent("#counts"), /[1-9]\d+ moves, \d+ presses, 22 keys/);
    await page.click("summary");
    const opinion = JSON.parse(await page.textContent("#assessment"));
    assert.ok(opinion.score >= 0 && opinion.score <= 1 && Array.isArray(opinion.reasons));
    await page.screenshot({ path: join(shots, "lab-behavior.png"), fullPage: true });
  });
});

test("sliders move the result, and sessions are kept, compared and forgotten", async () => {
  await visit(async (page) => {
    await page.click("#tab-result");
    // A check that passed, as the element tells of it: the camera has tests of its own.
    await page.evaluate(() =>
      document.querySelector("#check").dispatchEvent(new CustomEvent("vouchsafe-face", { detail: { state: "passed", evidence: "AA" } })),
    );
    const slide = (id, value) =>
      page.$eval(`#${id}`, (slider, value) => {
        slider.value = value;
        slider.dispatchEvent(new Event("input"));
      }, value);
    const score = async () => Number(await page.textContent("#score"));
    await slide("weight-behavior", 0);
    assert.equal(await score(), 100);
    await slide("weight-face", 0);
    assert.equal(await score(), 50);
    await slide("threshold", 0.4);
    assert.match(await page.textContent("#verdict"), /above the threshold/);
    await slide("threshold", 0.9);
    assert.match(await page.textContent("#verdict"), /below the threshold/);
    await page.click("#preset");
    assert.equal(await page.textContent("#weight-behavior-value"), "0.60");
    await page.click("#keep");
    await page.click("#keep");
    assert.equal(await page.locator("#kept tbody tr").count(), 2);
    await page.screenshot({ path: join(shots, "lab-result.png"), fullPage: true });
    await page.reload();
    assert.equal(await page.locator("#kept tbody tr").count(), 2);
    await page.waitForFunction(() => document.querySelector("#assessment").textContent.startsWith("{"));
    await page.click("#tab-result");
    await page.click("#clear");
    assert.equal(await page.isVisible("#kept"), false);
    // What somebody else put there is no reason to break.
    await page.evaluate(() => localStorage.setItem("fernweh-laboratory", "{nonsense"));
    await page.reload();
    assert.equal(await page.locator("#kept tbody tr").count(), 0);
  });
});

for (const [name, options] of [
  ["light-wide", {}],
  ["dark-narrow", { colorScheme: "dark", viewport: { width: 360, height: 800 } }],
]) {
  test(`each tab by the keyboard, without a fault that axe-core knows (${name})`, async () => {
    await visit(async (page) => {
      await page.focus("#tab-behavior");
      for (const [key, panel] of [["ArrowRight", "face"], ["End", "result"], ["ArrowRight", "behavior"], ["ArrowLeft", "result"], ["Home", "behavior"]]) {
        await page.keyboard.press(key);
        assert.ok(await page.isVisible(`#${panel}`), `${key} to ${panel}`);
        assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-controls")), panel);
        assert.deepEqual(await violations(page), []);
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "scrolls sideways");
      }
      await page.screenshot({ path: join(shots, `lab-${name}.png`), fullPage: true });
    }, options);
  });
}

test("the table of attacks is shown, light and dark, wide and narrow", async () => {
  for (const colorScheme of ["light", "dark"]) {
    for (const viewport of [{ width: 1100, height: 900 }, { width: 340, height: 800 }]) {
      const page = await chromium.page({ viewport, colorScheme });
      const errors = errorsOf(page);
      await page.goto(`${server.url}/attacks.html`);
      await page.waitForSelector("#attacks tbody tr:nth-child(10)");
      assert.match(await page.textContent("#lead"), /\d+ attacks, \d+ sessions each/);
      assert.deepEqual(await violations(page), []);
      const width = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(width <= 0, `${width} px too wide`);
      await page.screenshot({ path: join(shots, `attacks-${colorScheme}-${viewport.width}.png`), fullPage: true });
      assert.deepEqual(errors, []);
      await page.close();
    }
  }
});
