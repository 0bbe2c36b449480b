// The face check in Chromium with a camera that plays clips (left by tests/face), and pictures looked at.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { EXECUTABLE, chromium, errorsOf, nonceAsking, nonceAt, root, startServer, violations } from "./helpers.mjs";

const clips = join(root, "target/clips");
const shots = join(root, "target/screenshots");
const secret = Buffer.alloc(32, 7);
let server;

before(async () => {
  mkdirSync(shots, { recursive: true });
  assert.ok(existsSync(join(clips, "live.mjpeg")), "the clips are made by `cargo test --test face`");
  server = await startServer({ config: `challenge_secrets = ["${secret.toString("base64url")}"]\n` });
});
after(() => server?.stop());

/** Chromium whose camera plays `clip`; without one it has none. */
async function withCamera(clip, work, { allow = true, ...options } = {}) {
  const args = ["--disable-gpu", "--disable-quic", "--no-first-run", "--use-fake-device-for-media-stream"];
  if (clip) args.push(`--use-file-for-fake-video-capture=${join(clips, `${clip}.mjpeg`)}`);
  const browser = await chromium.launch({ executablePath: EXECUTABLE, args, chromiumSandbox: false });
  try {
    const context = await browser.newContext({ permissions: allow ? ["camera"] : [], viewport: { width: 1100, height: 900 }, ...options });
    const page = await context.newPage();
    const errors = errorsOf(page);
    await work(page, errors);
    assert.deepEqual(errors, []);
  } finally {
    await browser.close();
  }
}

/** The server's challenge, with a nonce of our choice: only who knows its secret can make one. */
function challenge(nonce) {
  const now = Math.floor(Date.now() / 1000);
  const terms = { v: 1, nonce, sitekey: "demo", hostname: "localhost", iat: now, exp: now + 1800, difficulty: 6 };
  const payload = Buffer.from(JSON.stringify(terms)).toString("base64url");
  return `${payload}.${createHmac("sha256", secret).update(`vouchsafe challenge v1\0${payload}`).digest("base64url")}`;
}

/** Runs the check and gives the detail of its last event. */
async function checked(page, nonce, { timeout = 60_000 } = {}) {
  await page.route("**/challenge?*", (route) => route.fulfill({ json: { challenge: challenge(nonce) } }));
  await page.goto(`${server.url}/face.html`);
  await page.evaluate(() => {
    document.querySelector("vouchsafe-face").addEventListener("vouchsafe-face", ({ detail }) => {
      if (detail.state !== "started") window.ended = detail;
    });
  });
  await page.getByRole("button", { name: "Use the camera" }).click();
  await page.waitForFunction(() => window.ended, null, { timeout });
  return page.evaluate(() => window.ended);
}

test("a live person passes, and the camera is off afterwards", async () => {
  const nonce = nonceAsking("open-mouth", "blink", "turn-left");
  await withCamera("live", async (page, errors) => {
    const running = page.waitForSelector("vouchsafe-face[data-phase=running]").then(() => page.waitForTimeout(700)).then(() => page.screenshot({ path: join(shots, "face-running.png") }));
    let ended = await checked(page, nonce);
    await running;
    // A machine too busy to keep up sees the clip begin anew; that is no person's doing.
    for (let again = 0; ended.refusal === "repeated" && again < 2; again++) ended = await checked(page, nonce);
    assert.equal(ended.state, "passed", JSON.stringify(ended));
    assert.match(ended.evidence, /^[\w-]{19}$/);
    await page.screenshot({ path: join(shots, "face-passed.png") });
    const off = await page.evaluate(() => document.querySelector("vouchsafe-face").shadowRoot.querySelector("video").srcObject === null);
    assert.ok(off);
    // The server is told, once; the next challenge needs another check.
    await page.getByRole("button", { name: "Hand it in" }).click();
    await page.getByText("The server knows of a live face").waitFor();
    await page.screenshot({ path: join(shots, "face-told.png") });
    // A driven browser is not let in for a face alone.
    assert.match(errors.pop(), /403/);
    await page.getByRole("button", { name: "Use the camera" }).waitFor();
  });
});

for (const [tag, language, start, hint] of [
  ["de-CH", "de", "Kamera benutzen", "Bringen Sie Ihr Gesicht in das Oval"],
  ["ar", "ar", "استخدام الكاميرا", "ضع وجهك داخل الشكل البيضوي"],
  ["is", "en", "Use the camera", "Bring your face into the oval"],
]) {
  test(`speaks the language around it: ${tag}`, async () => {
    await withCamera("nobody", async (page) => {
      await page.goto(`${server.url}/face.html`);
      await page.$eval("vouchsafe-face", (old, tag) => old.replaceWith(Object.assign(document.createElement("vouchsafe-face"), { lang: tag })), tag);
      await page.waitForFunction((language) => document.querySelector("vouchsafe-face").shadowRoot.querySelector(".box").lang === language, language);
      const box = page.locator("vouchsafe-face .box");
      assert.equal(await box.getAttribute("dir"), language === "ar" ? "rtl" : "ltr");
      assert.deepEqual(await violations(page), []);
      await page.screenshot({ path: join(shots, `face-${tag}.png`), fullPage: true });
      await page.getByRole("button", { name: start }).click();
      await box.getByText(hint).waitFor();
    });
  });
}

test("a face is registered with a session, confirms it later, and leaves by one click", async () => {
  await withCamera("live", async (page) => {
    await page.addInitScript(() => {
      Object.defineProperty(navigator, "webdriver", { get: () => false });
      window.refusals = [];
      addEventListener("vouchsafe-face", ({ detail }) => detail.refusal && window.refusals.push(detail.refusal), true);
    });
    let attempt = 0;
    const look = async () => {
      // A machine too busy to keep up misses a movement or sees the clip begin anew; that is no person's doing.
      for (let again = 0; again < 3; again++, attempt++) {
        // Every attempt draws its own prompts; the clip has one set of movements.
        await page.evaluate((nonce) => (document.querySelector("vouchsafe-face").dataset.nonce = nonce), nonceAt([attempt], ["open-mouth", "blink", "turn-left"]));
        await page.getByRole("button", { name: /Use the camera|Try again/ }).click();
        await page.waitForSelector("vouchsafe-face:is([data-phase=passed], [data-phase=refused])", { timeout: 80_000 });
        if (await page.locator("vouchsafe-face[data-phase=passed]").count()) return;
      }
      assert.fail(`the live clip was refused: ${await page.evaluate(() => window.refusals)}`);
    };
    await page.goto(`${server.url}/stay.html`);
    await page.waitForSelector("#learn:enabled");
    await look();
    await page.getByText("Your face is registered").waitFor();
    assert.equal(await page.evaluate(() => document.querySelector("#trust").session.summary.face), true);
    await page.evaluate(() => {
      const { session } = document.querySelector("#trust");
      session.surround({ latitude: 52.5, longitude: 13.4 });
      session.surround({ latitude: 35.7, longitude: 139.7 });
      // The same element again: a check that passed offers no other.
      document.querySelector("vouchsafe-face").stop();
    });
    await page.waitForSelector("#confirm:visible");
    await look();
    await page.getByText("Thank you. If that").waitFor();
    await page.getByRole("button", { name: "Forget my face" }).click();
    assert.equal(await page.evaluate(() => document.querySelector("#trust").session.summary.face), false);
  });
});

for (const [clip, refusals] of [
  ["photograph", ["repeated", "timed-out", "frozen"]],
  ["sheet", ["repeated", "timed-out", "frozen", "flat", "jump", "wrong-movement", "other-face"]],
  ["screen", ["wrong-movement", "repeated", "timed-out", "jump"]],
  ["two-people", ["repeated", "timed-out", "several-faces"]],
  ["nobody", ["no-face"]],
  ["swap", ["other-face", "jump"]],
]) {
  test(`an attack is refused with its reason: ${clip}`, { skip: !existsSync(join(clips, `${clip}.mjpeg`)) && "made from photographs that are not here" }, async () => {
    await withCamera(clip, async (page) => {
      const nonce = clip === "swap" ? nonceAsking("open-mouth", "blink", "turn-left") : nonceAsking("blink", "turn-left", "look-up");
      const ended = await checked(page, nonce, { timeout: 90_000 });
      assert.equal(ended.state, "refused", JSON.stringify(ended));
      assert.ok(refusals.includes(ended.refusal), ended.refusal);
      await page.screenshot({ path: join(shots, `face-${clip}.png`) });
      assert.ok(await page.getByRole("button", { name: "Try again" }).isVisible());
      assert.ok(await page.getByRole("button", { name: "Continue without a camera" }).isVisible());
    });
  });
}

test("a camera that is not allowed is said in words, and there is another way", async () => {
  await withCamera(undefined, async (page) => {
    await page.addInitScript(() => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("no", window.refuse ?? "NotAllowedError"));
    });
    for (const [name, code] of [["NotAllowedError", "camera-denied"], ["NotFoundError", "camera-missing"], ["NotReadableError", "camera-busy"]]) {
      await page.goto(`${server.url}/face.html`);
      await page.evaluate((name) => (window.refuse = name), name);
      const heard = page.evaluate(() => new Promise((done) => document.querySelector("vouchsafe-face").addEventListener("vouchsafe-face", ({ detail }) => done(detail))));
      await page.getByRole("button", { name: "Use the camera" }).click();
      assert.deepEqual(await heard, { state: "trouble", code });
    }
    await page.screenshot({ path: join(shots, "face-trouble.png") });
    await page.getByRole("button", { name: "Continue without a camera" }).click();
    await page.getByText("Another way it is").waitFor();
  }, { allow: false });
});

test("nothing of the engine is loaded and no camera asked for before a click", async () => {
  await withCamera("live", async (page) => {
    const loaded = [];
    page.on("request", (request) => loaded.push(request.url()));
    await page.addInitScript(() => {
      navigator.mediaDevices.getUserMedia = () => { throw new Error("asked"); };
    });
    await page.goto(`${server.url}/face.html`);
    await page.waitForTimeout(500);
    // The widget's own module is none of the engine's.
    assert.deepEqual(loaded.filter((url) => /(face\.wasm|\.onnx)$/.test(url)), []);
  });
});

test("pictures are looked at and compared on the page", async () => {
  await withCamera(undefined, async (page) => {
    await page.goto(`${server.url}/face.html`);
    const picture = join(root, "tests/corpus/astronaut.jpg");
    await page.setInputFiles("#pictures", picture);
    await page.getByText("one face").waitFor({ timeout: 60_000 });
    await page.getByText("happy").waitFor();
    await page.screenshot({ path: join(shots, "face-picture.png"), fullPage: true });
    await page.setInputFiles("#pictures", [picture, picture]);
    await page.getByText("The same person").waitFor({ timeout: 60_000 });
    await page.setInputFiles("#pictures", { name: "broken.jpg", mimeType: "image/jpeg", buffer: Buffer.from("no picture") });
    await page.getByText("broken.jpg is not a picture").waitFor();
    const group = join(root, "../shared/data/faces/group-obama-biden.jpg");
    const other = join(root, "../shared/data/faces/obama-1.jpg");
    if (existsSync(group)) {
      await page.setInputFiles("#pictures", [picture, other]);
      await page.getByText("Two people").waitFor({ timeout: 60_000 });
      await page.setInputFiles("#pictures", group);
      await page.getByText("3 faces").waitFor({ timeout: 60_000 });
    }
  });
});

for (const scheme of ["light", "dark"]) {
  test(`the face page is accessible, ${scheme}`, async () => {
    await withCamera(undefined, async (page) => {
      await page.goto(`${server.url}/face.html`);
      await page.screenshot({ path: join(shots, `face-idle-${scheme}.png`), fullPage: true });
      assert.deepEqual(await violations(page), []);
      await page.setViewportSize({ width: 340, height: 700 });
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(overflow <= 0, `${overflow} px wider than the screen`);
      await page.screenshot({ path: join(shots, `face-idle-${scheme}-narrow.png`), fullPage: true });
    }, { colorScheme: scheme });
  });
}
