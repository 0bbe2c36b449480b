// The dashboard in a real Chromium: signing in, looking, labelling, exporting.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { corpus, errorsOf, replay, root, startBrowser, startServer, violations } from "./helpers.mjs";

const shots = join(root, "target/screenshots");
const token = "the admin token of a test";
let server, chromium;
before(async () => {
  mkdirSync(shots, { recursive: true });
  server = await startServer({ config: `address_limit = 0\nadmin_token = "${token}"\n` });
  chromium = await startBrowser({ automated: false });
  await visitors();
});
after(async () => {
  await chromium?.browser.close();
  await server?.stop();
});

/** A recorded person who signs up, sends it again, and a program. */
async function visitors() {
  const page = await chromium.page({ viewport: { width: 1280, height: 800 } });
  await page.goto(server.url);
  await page.waitForFunction(() => document.querySelector("vouchsafe-widget").execute?.().then(() => true));
  await replay(page, corpus().find(({ id }) => id === "human-pointer-1"), { limit: 6000 });
  const send = () =>
    page.evaluate(async () => {
      const widget = document.querySelector("vouchsafe-widget");
      const body = new URLSearchParams({ "vouchsafe-response": widget.voucher });
      for (let i = 0; i < 2; i++) await fetch("demo/signup", { method: "POST", body });
    });
  await send();
  await page.reload();
  await page.waitForFunction(() => document.querySelector("vouchsafe-widget").execute?.().then(() => true));
  for (const id of ["#name", "#email", "#password"]) await page.click(id);
  await send();
  await page.close();
}

async function look(work, { given = token, logged, ...options } = {}) {
  const page = await chromium.page({ viewport: { width: 1200, height: 900 }, ...options });
  const errors = errorsOf(page);
  try {
    await page.goto(`${server.url}/dashboard/`);
    await page.fill("#token", given);
    await page.keyboard.press("Enter");
    await work(page);
    assert.deepEqual(errors.filter((error) => !logged?.test(error)), []);
  } finally {
    await page.close();
  }
}

const tile = (page, name) => page.locator("#tiles div").filter({ hasText: name }).locator("dd").textContent();

test("a wrong token shows nothing, and says so", async () => {
  await look(
    async (page) => {
      await page.locator("#gate-said").filter({ hasText: "not the admin token" }).waitFor();
      assert.ok(await page.isHidden("#board"));
    },
    { given: "a wrong token", logged: /401/ },
  );
});

test("an address with the token signs in, forgets it, and signs out", async () => {
  const page = await chromium.page();
  await page.goto(`${server.url}/dashboard/#token=${encodeURIComponent(token)}`);
  await page.waitForSelector("#board:not([hidden])");
  assert.ok(!page.url().includes("token"));
  await page.reload();
  await page.waitForSelector("#board:not([hidden])");
  await page.click("#leave");
  await page.reload();
  assert.ok(await page.isVisible("#gate"));
  await page.close();
});

test("what happened is counted, drawn, listed and read", async () => {
  await look(async (page) => {
    await page.waitForSelector("#list tbody tr:nth-child(4)");
    assert.equal(await tile(page, "Decisions"), "4");
    assert.match(await tile(page, "Accepted"), /25\.0/);
    const outcomes = await page.locator("#outcomes tbody").textContent();
    for (const name of ["ok", "replayed", "challenge-required"]) assert.ok(outcomes.includes(name), name);
    const painted = await page.$eval("#timeline canvas", (canvas) => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some((byte, i) => i % 4 === 3 && byte > 0));
    assert.ok(painted);
    await page.selectOption("#narrow [name=outcome]", "replayed");
    await page.waitForFunction(() => document.querySelectorAll("#list tbody tr").length === 2);
    await page.selectOption("#narrow [name=outcome]", "ok");
    await page.waitForFunction(() => document.querySelectorAll("#list tbody tr").length === 1);
    await page.getByRole("button", { name: /Look at decision/ }).click();
    await page.getByText("the pointer moves the way a hand moves it").last().waitFor();
    await page.locator("#one summary").filter({ hasText: "Pointer" }).click();
    await page.screenshot({ path: join(shots, "dashboard-one.png") });
    await page.getByRole("button", { name: "It was a person" }).click();
    await page.getByText("You said: a person.").waitFor();
    await page.keyboard.press("Escape");
    await page.locator("#threshold-said").filter({ hasText: "0.0\u00a0% of 1 people" }).waitFor();
    await page.locator("#threshold").fill("20");
    await page.locator("#threshold-said").filter({ hasText: "100.0\u00a0% of 1 people" }).waitFor();
    await page.fill("#narrow [name=score_from]", "0.99");
    await page.locator("#narrow [name=score_from]").press("Tab");
    await page.getByText("No decision fits").waitFor();
  });
});

test("exports hold what is looked at", async () => {
  await look(async (page) => {
    await page.waitForSelector("#list tbody tr:nth-child(4)");
    for (const [kind, lines] of [["CSV", (text) => text.trim().split("\n").length - 1], ["JSON", (text) => JSON.parse(text).length]]) {
      const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: kind }).click()]);
      assert.equal(download.suggestedFilename(), `decisions.${kind.toLowerCase()}`);
      assert.equal(lines(readFileSync(await download.path(), "utf8")), 4);
    }
  });
});

describe("it can be used and looks right", () => {
  for (const colorScheme of ["light", "dark"]) {
    for (const [name, viewport] of [["wide", { width: 1200, height: 900 }], ["narrow", { width: 340, height: 800 }]]) {
      test(`no fault that axe-core knows (${colorScheme}, ${name})`, async () => {
        await look(
          async (page) => {
            await page.waitForSelector("#list tbody tr:nth-child(4)");
            assert.deepEqual(await violations(page), []);
            const width = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
            assert.ok(width <= 0, `${width} px too wide`);
            await page.screenshot({ path: join(shots, `dashboard-${colorScheme}-${name}.png`), fullPage: true });
            await page.getByRole("button", { name: /Look at decision/ }).last().click();
            await page.locator("#one[open]").waitFor();
            assert.deepEqual(await violations(page), []);
          },
          { viewport, colorScheme },
        );
      });
    }
  }
});
