// The demo's accounts in a real Chromium: every path, by pointer, by keyboard and by names alone.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { EXECUTABLE, asking, chromium, corpus, errorsOf, nonceAsking, replay, root, startBrowser, startServer, tickWords, violations } from "./helpers.mjs";

const shots = join(root, "target/screenshots");
const secret = Buffer.alloc(32, 7);
const config = `address_limit = 0\nchallenge_secrets = ["${secret.toString("base64url")}"]\n[accounts]\n`;
let server, browser;
before(async () => {
  mkdirSync(shots, { recursive: true });
  server = await startServer({ config });
  browser = await startBrowser({ automated: false });
});
after(async () => {
  await browser?.browser.close();
  await server?.stop();
});

async function visit(work, { url = server.url, path = "account.html", logged = /40[013]/, context, ...options } = {}) {
  const page = context ? await context.newPage() : await browser.page({ viewport: { width: 1100, height: 900 }, ...options });
  const errors = errorsOf(page);
  try {
    await page.goto(`${url}/${path}`);
    await page.waitForSelector("#out:not([hidden])");
    await work(page);
    // What the server refuses is logged by the browser.
    assert.deepEqual(errors.filter((error) => !logged.test(error)), []);
  } finally {
    await page.close();
  }
}

const panel = (page) => page.locator("vouchsafe-widget .step-up");
const outcome = (page, text) => page.locator("#outcome").filter({ hasText: text }).waitFor();
let people = 0;
const someone = () => `ada${++people}@example.org`;

/** Answers by words, as often as asked, until `selector` is there. */
async function passing(page, selector) {
  for (let round = 0; round < 5; round++) {
    await page.waitForFunction(
      (selector) => document.querySelector(selector) || document.querySelector("vouchsafe-widget").shadowRoot.querySelector(".step-up .puzzle > *"),
      selector,
    );
    if (await page.$(selector)) return;
    await panel(page).getByRole("radio", { name: "Words" }).check();
    await panel(page).locator(".words").waitFor();
    await tickWords(panel(page));
    await panel(page).getByRole("button", { name: "Check", exact: true }).press("Enter");
    await page.waitForFunction(() => !/moment/.test(document.querySelector("vouchsafe-widget").shadowRoot.querySelector(".said")?.textContent ?? ""));
  }
  await page.waitForSelector(selector, { timeout: 5000 });
}

async function signUp(page, email = someone()) {
  await page.getByRole("button", { name: "New account" }).click();
  await page.fill("#up-name", "Ada");
  await page.fill("#up-email", email);
  await page.fill("#up-password", "correct horse");
  await page.locator("#sign-up .primary").click();
  await passing(page, "#in:not([hidden])");
  return email;
}

async function signIn(page, email, password = "correct horse") {
  await page.fill("#in-email", email);
  await page.fill("#in-password", password);
  await page.locator("#sign-in .primary").click();
}

/** By the link that a forgotten password is mailed. */
async function unlock(page, email) {
  await page.getByRole("button", { name: "Forgot password" }).click();
  await page.fill("#reset-email", email);
  await page.locator("#reset .primary").click();
  await outcome(page, "a link is on its way");
  await page.getByRole("link", { name: "Open the link" }).first().click();
  await page.fill("#new-one", "a better horse");
  await page.locator("#new-password .primary").click();
  await outcome(page, "The new password is set");
  await signIn(page, email, "a better horse");
  await passing(page, "#in:not([hidden])");
}

describe("coming and going", () => {
  test("a recorded person signs up unasked, sees the score, signs out and in again", async () => {
    await visit(async (page) => {
      await page.waitForFunction(() => document.querySelector("vouchsafe-widget").execute().then(() => true));
      await replay(page, corpus().find(({ id }) => id === "human-pointer-1"));
      const email = someone();
      await page.evaluate((email) => {
        document.querySelector("[data-form=sign-up]").click();
        for (const [id, value] of [["up-name", "Ada"], ["up-email", email], ["up-password", "correct horse"]]) document.getElementById(id).value = value;
        document.getElementById("sign-up").requestSubmit();
      }, email);
      await page.waitForSelector("#in:not([hidden])");
      await page.waitForSelector("#judged:not([hidden])");
      assert.ok(Number(await page.textContent("#score")) >= 60, await page.textContent("#score"));
      assert.equal(await page.locator("#signals dt").count(), 6);
      await page.screenshot({ path: join(shots, "account.png"), fullPage: true });
      await page.click("#sign-out");
      await outcome(page, "signed out");
      await signIn(page, email, "wrong horse");
      await passing(page, "#outcome.bad:not([hidden])");
      await outcome(page, "Address or password is wrong");
      await signIn(page, email);
      await passing(page, "#in:not([hidden])");
      // A reload finds the session by its cookie.
      await page.reload();
      await page.waitForSelector("#in:not([hidden])");
    });
  });

  test("with nothing but a keyboard: signs up, is asked, gets in", async () => {
    await visit(async (page) => {
      const email = someone();
      const press = (key) => page.keyboard.press(key);
      const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.textContent.trim());
      // From the top of the page: the links, then the three buttons.
      while ((await focused()) !== "New account") await press("Tab");
      await press("Enter");
      for (const [id, text] of [["up-name", "Ada"], ["up-email", email], ["up-password", "correct horse"]]) {
        while ((await focused()) !== id) await press("Tab");
        for (const key of text) await page.keyboard.type(key, { delay: 40 + 60 * Math.random() });
      }
      await press("Enter");
      await passing(page, "#in:not([hidden])");
      assert.equal(await focused(), "in-title", "the focus is where the account begins");
    });
  });

  test("by names and roles alone, as a screen reader finds them: signs up, is asked, gets in, leaves", async () => {
    await visit(async (page) => {
      const go = async (role, name) => {
        const found = page.getByRole(role, { name, exact: true });
        assert.equal(await found.count(), 1, `${role} ${name}`);
        await found.focus();
        return found;
      };
      await (await go("button", "New account")).press("Enter");
      for (const [name, text] of [["Name", "Ada"], ["E-mail", someone()], ["Password", "correct horse"]]) {
        await (await go("textbox", name)).pressSequentially(text, { delay: 60 });
      }
      await (await go("button", "Create account")).press("Enter");
      await passing(page, "#in:not([hidden])");
      await page.getByRole("heading", { name: "Your account" }).waitFor();
      await (await go("button", "Sign out")).press("Enter");
      await page.getByRole("alert").filter({ hasText: "You are signed out" }).waitFor();
    });
  });
});

describe("an account defends itself", () => {
  test("challenges not passed lock it, and a mailed link opens it again", async () => {
    await visit(async (page) => {
      const email = await signUp(page);
      // What Playwright's pointer does is nobody's hand: the account asks.
      await page.locator("#pending:not([hidden])").waitFor();
      for (let left = 2; left >= 0; left--) {
        await page.click("#pending-go");
        await panel(page).waitFor();
        await panel(page).getByRole("button", { name: "Not now" }).click();
        if (left) await page.locator("#pending-said").filter({ hasText: left === 1 ? "Once more" : `${left} times` }).waitFor();
      }
      await outcome(page, "This account is locked");
      await page.screenshot({ path: join(shots, "account-locked.png"), fullPage: true });
      await unlock(page, email);
    });
  });

  test("three changes of network lock it, and a mailed link opens it again", async () => {
    const proxied = await startServer({ config: `trusted_proxies = ["127.0.0.0/8", "::1/128"]\n${config}` });
    try {
      await visit(
        async (page) => {
          const from = (address) => page.setExtraHTTPHeaders({ "x-forwarded-for": address });
          // What a page tells of itself when it opens must not arrive after the next one's: that would be two changes more.
          const told = async (work) => {
            const answer = page.waitForResponse(/account\/behavior$/);
            const done = await work();
            await answer;
            return done;
          };
          await from("192.0.2.1");
          const email = await told(() => signUp(page));
          for (const address of ["198.51.100.1", "203.0.113.9"]) {
            await from(address);
            await told(() => page.reload());
            await page.locator("#in:not([hidden])").waitFor();
          }
          await from("192.0.2.1");
          await page.reload();
          await outcome(page, "This account is locked");
          await page.locator("#mail-list").filter({ hasText: "too many networks" }).waitFor();
          await page.screenshot({ path: join(shots, "account-networks.png"), fullPage: true });
          await signIn(page, email);
          await passing(page, "#outcome.bad");
          await outcome(page, "This account is locked");
          await unlock(page, email);
        },
        { url: proxied.url },
      );
    } finally {
      await proxied.stop();
    }
  });

  test("a challenge that is passed lets the account be", async () => {
    await visit(async (page) => {
      await signUp(page);
      await page.locator("#pending:not([hidden])").waitFor();
      await page.click("#pending-go");
      await passing(page, "#pending[hidden]");
    });
  });

  test("somebody away is warned, can stay, and is signed out", async () => {
    const short = await startServer({ config: `${config}idle_s = 8\nwarn_s = 5\n` });
    try {
      await visit(
        async (page) => {
          await signUp(page);
          const dialog = page.locator("#idle[open]");
          await dialog.waitFor({ timeout: 10_000 });
          await page.screenshot({ path: join(shots, "account-idle.png") });
          await page.getByRole("button", { name: "Stay signed in" }).press("Enter");
          await dialog.waitFor({ state: "hidden" });
          await dialog.waitFor({ timeout: 10_000 });
          await outcome(page, "nothing happened for a while");
          assert.ok(await page.isVisible("#out"));
        },
        { url: short.url },
      );
    } finally {
      await short.stop();
    }
  });

  test("a second factor is set up, asked for, and turned off", async () => {
    await visit(async (page) => {
      const email = await signUp(page);
      await page.getByRole("button", { name: "Safety" }).click();
      await page.click("#factor-begin");
      await page.locator("#factor").waitFor();
      const key = (await page.textContent("#factor-secret")).replaceAll(" ", "");
      await page.fill("#factor-code", "000000");
      await page.locator("#factor button").click();
      await outcome(page, "This code is wrong");
      await page.fill("#factor-code", totp(key));
      await page.locator("#factor button").click();
      await outcome(page, "asks for a code from now on");
      await page.click("#sign-out");
      await signIn(page, email);
      await passing(page, "#code-row:not([hidden])");
      await page.fill("#in-code", totp(key, 1));
      await page.locator("#sign-in .primary").click();
      await passing(page, "#in:not([hidden])");
    });
  });

  test("a new address asks for a face where one is wanted", { skip: !existsSync(join(root, "target/clips/live.mjpeg")) && "no clip yet: cargo xtask test native" }, async () => {
    const args = ["--disable-gpu", "--use-fake-device-for-media-stream", `--use-file-for-fake-video-capture=${join(root, "target/clips/live.mjpeg")}`];
    const seeing = await chromium.launch({ executablePath: EXECUTABLE, args, chromiumSandbox: false });
    try {
      const context = await seeing.newContext({ permissions: ["camera"], viewport: { width: 1100, height: 900 } });
      // Challenges that ask for what the clip shows: only who knows the server's secret can make them.
      const forge = async (route) => {
        const { challenge } = await (await route.fetch()).json();
        await route.fulfill({ json: { challenge: asking(challenge, nonceAsking("open-mouth", "blink", "turn-left"), secret) } });
      };
      await context.route("**/challenge?*", forge);
      const look = async (page, said, again) => {
        for (let tries = 0; tries < 3; tries++) {
          // The third attempt asks for other movements than the clip has: begin anew.
          if (tries === 2) {
            await page.getByRole("button", { name: "Continue without a camera" }).click();
            await outcome(page, "Nothing was changed");
            await page.click(again);
          }
          await page.getByRole("button", { name: /Use the camera|Try again/ }).click();
          await page.waitForFunction(() => !document.querySelector("vouchsafe-face") || document.querySelector("vouchsafe-face").dataset.phase === "refused", undefined, { timeout: 80_000 });
          if (!(await page.locator("vouchsafe-face").count())) break;
        }
        await outcome(page, said);
      };
      await visit(
        async (page) => {
          await signUp(page);
          await page.getByRole("button", { name: "Safety" }).click();
          await page.click("#face-toggle");
          await look(page, "asks for your face from now on", "#face-toggle");
          await page.getByRole("button", { name: "E-mail", exact: true }).click();
          await page.fill("#new-email", "countess@example.org");
          await page.locator("#email .primary").click();
          await page.screenshot({ path: join(shots, "account-face.png"), fullPage: true });
          await page.getByRole("button", { name: "Continue without a camera" }).click();
          await outcome(page, "Nothing was changed");
          await page.locator("#email .primary").click();
          await look(page, "both addresses were told", "#email .primary");
          assert.match(await page.textContent("#who"), /countess@example\.org/);
          // A browser that does not know the face says so; the server alone would have been content.
          const other = await seeing.newContext({ permissions: ["camera"], viewport: { width: 1100, height: 900 } });
          await other.route("**/challenge?*", forge);
          await visit(
            async (page) => {
              await signIn(page, "countess@example.org");
              await passing(page, "#in:not([hidden])");
              await page.getByRole("button", { name: "E-mail", exact: true }).click();
              await page.fill("#new-email", "eve@example.org");
              await page.locator("#email .primary").click();
              await look(page, "registered in another browser", "#email .primary");
              assert.match(await page.textContent("#who"), /countess@example\.org/);
            },
            { context: other, logged: /40[0139]/ },
          );
        },
        { context, logged: /40[0139]/ },
      );
    } finally {
      await seeing.close();
    }
  });
});

describe("it can be used and looks right", () => {
  for (const colorScheme of ["light", "dark"]) {
    for (const [name, viewport] of [["wide", { width: 1100, height: 900 }], ["narrow", { width: 340, height: 800 }]]) {
      test(`no fault that axe-core knows (${colorScheme}, ${name})`, async () => {
        await visit(
          async (page) => {
            const look = async (what) => {
              assert.deepEqual(await violations(page), [], what);
              const width = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
              assert.ok(width <= 0, `${what}: ${width} px too wide`);
              await page.screenshot({ path: join(shots, `account-${what}-${colorScheme}-${name}.png`), fullPage: true });
            };
            for (const form of ["Sign in", "New account", "Forgot password"]) {
              await page.locator(".tabs").getByRole("button", { name: form }).click();
              await look(form.toLowerCase().replace(" ", "-"));
            }
            await signUp(page);
            await page.locator("#pending:not([hidden])").waitFor();
            for (const part of ["Trips", "E-mail", "Safety"]) {
              await page.locator("#in .tabs").getByRole("button", { name: part }).click();
              await look(part.toLowerCase());
            }
          },
          { viewport, colorScheme },
        );
      });
    }
  }
});

/** What an authenticator shows, now or `later` steps on. */
function totp(key, later = 0) {
  const bits = [...key].map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0")).join("");
  const bytes = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + later));
  const hash = createHmac("sha1", bytes).update(step).digest();
  return String((hash.readUInt32BE(hash[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}
