// The whole line in a real Chromium: page, widget, voucher, server.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { ASKS_NOTHING, claimsOf, corpus, replay, startBrowser, startScreen, startServer } from "./helpers.mjs";

const viewport = { width: 1280, height: 800 };

/** Fills the form as its script would be filled in: without input events that could be judged. */
async function fill(page) {
  await page.evaluate(() => {
    for (const [id, value] of [["name", "Ada"], ["email", "ada@example.org"], ["password", "correct horse"]]) {
      document.getElementById(id).value = value;
    }
  });
}

const verified = (page) => page.waitForFunction(() => document.querySelector("vouchsafe-widget").state === "verified");
const post = (url, path, fields) => fetch(url + path, { method: "POST", body: new URLSearchParams(fields) });

describe("the main line", () => {
  let server;
  before(async () => {
    server = await startServer({ config: ASKS_NOTHING });
  });
  after(() => server?.stop());

  test("a recorded person's movement is accepted once, and refused the second time", async () => {
    const { browser, page: open } = await startBrowser({ automated: false });
    try {
      const page = await open({ viewport });
      await page.goto(server.url);
      await verified(await startWatching(page));
      const person = corpus().find((trace) => trace.id === "human-pointer-1");
      await replay(page, person);
      await fill(page);
      const assessment = await page.$eval("vouchsafe-widget", (widget) => widget.assess());
      assert.ok(assessment.signals.pointer > 0.6, `pointer ${JSON.stringify(assessment)}`);
      assert.ok(assessment.signals.click >= 0.4, `click ${JSON.stringify(assessment)}`);
      assert.notEqual(assessment.verdict, "bot", JSON.stringify(assessment));

      await page.evaluate(() => document.getElementById("signup").requestSubmit());
      await page.waitForSelector("#outcome.good");
      assert.match(await page.textContent("#outcome"), /Welcome aboard/);
      await page.click("#voucher summary");
      await page.click("#replay");
      await page.waitForFunction(() => document.getElementById("replayed").textContent !== "");
      assert.match(await page.textContent("#replayed"), /redeemed before/);
    } finally {
      await browser.close();
    }
  });

  test("a pointer between the screen's pixels is no device's", async () => {
    const { browser, page: open } = await startBrowser({ automated: false });
    const environment = async (page) => (await page.$eval("vouchsafe-widget", (widget) => widget.assess())).signals.environment;
    const replayed = async (between) => {
      const page = await open({ viewport });
      await page.goto(server.url);
      await verified(await startWatching(page));
      await replay(page, corpus().find((trace) => trace.id === "human-pointer-1"), { limit: 4000, between });
      return environment(page);
    };
    let magnified;
    try {
      const [on, off] = [await replayed(0), await replayed(0.37)];
      assert.ok(off < on - 0.1, `${on} on the pixels, ${off} between them`);

      magnified = await startScreen(viewport, undefined, 1.25);
      const { page, xdotool, origin } = magnified;
      await page.goto(server.url);
      await verified(await startWatching(page));
      const [left, top] = (await origin()).map((px) => Math.round(px * 1.25));
      for (let i = 0; i < 40; i++) {
        await xdotool("mousemove", left + 100 + 7 * i, top + 90 + 3 * i);
        await new Promise((resume) => setTimeout(resume, 20));
      }
      const own = await environment(page);
      assert.ok(own > off + 0.1, `${own} where a page's px are no pixels, ${off} between pixels`);
    } finally {
      await magnified?.close();
      await browser.close();
    }
  });

  test("an unmodified script that goes straight for the button is refused", async () => {
    const { browser, page: open } = await startBrowser();
    try {
      const page = await open({ viewport });
      await page.goto(server.url);
      await page.fill("#name", "Robot");
      await page.fill("#email", "robot@example.org");
      await page.fill("#password", "correct horse");
      await page.click("#submit");
      await page.waitForSelector("#outcome.bad");
      assert.match(await page.textContent("#outcome"), /looked automated/);
      assert.equal(await page.$eval("body", (body) => body.dataset.verdict), "bot");
      assert.match(await page.textContent("#reasons"), /driven by a program/);
    } finally {
      await browser.close();
    }
  });

  test("a script that hides that it is one, and types and clicks without a hand, is refused as well", async () => {
    const { browser, page: open } = await startBrowser({ automated: false });
    try {
      const page = await open({ viewport });
      await page.goto(server.url);
      for (const [id, text] of [["#name", "Robot Robotson"], ["#email", "robot@example.org"], ["#password", "correct horse"]]) {
        await page.click(id);
        await page.keyboard.type(text);
      }
      await page.click("#submit");
      await page.waitForSelector("#outcome.bad");
      assert.equal(await page.$eval("body", (body) => body.dataset.verdict), "bot");
    } finally {
      await browser.close();
    }
  });

  test("a person with only a keyboard signs up", async () => {
    const { browser, page: open } = await startBrowser({ automated: false });
    try {
      const page = await open({ viewport });
      await page.goto(server.url);
      const typist = corpus().find((trace) => trace.id === "human-typing-2");
      await page.focus("#name");
      await type(page, typist);
      await page.keyboard.press("Tab");
      await page.keyboard.insertText("ada@example.org");
      await page.keyboard.press("Tab");
      await page.keyboard.insertText("correct horse");
      await page.keyboard.press("Tab");
      const inWidget = await page.evaluate(() => document.activeElement.localName);
      assert.equal(inWidget, "vouchsafe-widget", "the widget is in the tab order");
      await page.keyboard.press("Space");
      await verified(page);
      // Past the mark, which explains, to the form's own button.
      await page.keyboard.press("Tab");
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      await page.waitForSelector("#outcome.good");
    } finally {
      await browser.close();
    }
  });

  test("a person whose screen reader presses for them signs up", async () => {
    const { browser, page: open } = await startBrowser({ automated: false });
    try {
      const page = await open({ viewport });
      await page.goto(server.url);
      // The mouse was pushed aside.
      await page.mouse.move(90, 60);
      await pressAsAScreenReader(page, "#name");
      await type(page, corpus().find((trace) => trace.id === "human-typing-2"));
      await pressAsAScreenReader(page, "#email");
      await page.keyboard.insertText("ada@example.org");
      await pressAsAScreenReader(page, "#password");
      await page.keyboard.insertText("correct horse");
      await verified(await startWatching(page));
      const { verdict, signals } = await page.$eval("vouchsafe-widget", (widget) => widget.assess());
      assert.deepEqual([verdict, signals.click], ["human", undefined], JSON.stringify(signals));
      await pressAsAScreenReader(page, "#submit");
      await page.waitForSelector("#outcome.good");
    } finally {
      await browser.close();
    }
  });

  test("a person who types on a phone's screen signs up", async () => {
    const { browser, page: open } = await startBrowser({ automated: false });
    try {
      const page = await open({ viewport: { width: 390, height: 844 }, hasTouch: true });
      await page.goto(server.url);
      for (const [id, text] of [["#name", "Ada Lovelace"], ["#email", "ada@example.org"], ["#password", "correct horse"]]) {
        await tapAsAFinger(page, id);
        await typeOnGlass(page, text);
      }
      await verified(await startWatching(page));
      const { verdict, signals } = await page.$eval("vouchsafe-widget", (widget) => widget.assess());
      assert.notEqual(verdict, "bot", JSON.stringify(signals));
      assert.equal(signals.typing, undefined, "an Android keyboard does not tell its keys");
      await tapAsAFinger(page, "#submit");
      await page.waitForSelector("#outcome.good");
    } finally {
      await browser.close();
    }
  });

  test("siteverify tells a tampered, an unknown and a spent voucher apart", async () => {
    const { browser, page: open } = await startBrowser({ automated: false });
    try {
      const page = await open({ viewport });
      await page.goto(server.url);
      await startWatching(page);
      await verified(page);
      const voucher = await page.$eval("vouchsafe-widget", (widget) => widget.voucher);
      const [header, payload, signature] = voucher.split(".");
      const claims = claimsOf(voucher);
      const edited = Buffer.from(JSON.stringify({ ...claims, score: 0.99 })).toString("base64url");
      const secret = "the demo site's own secret";
      const ask = async (fields) => (await post(server.url, "/siteverify", fields)).json();

      const tampered = await ask({ secret, response: [header, edited, signature].join(".") });
      assert.deepEqual([tampered.success, tampered["error-codes"], tampered.error], [false, ["invalid-input-response"], "bad-signature"]);
      assert.deepEqual((await ask({ secret: "wrong", response: voucher }))["error-codes"], ["invalid-input-secret"]);
      assert.deepEqual((await ask({ response: voucher }))["error-codes"], ["missing-input-secret"]);
      assert.deepEqual((await ask({ secret }))["error-codes"], ["missing-input-response"]);

      const good = await ask({ secret, response: voucher });
      assert.equal(good.success, true, JSON.stringify(good));
      assert.equal(good.hostname, "localhost");
      assert.equal(good.action, "signup");
      assert.match(good.challenge_ts, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      const json = await fetch(server.url + "/siteverify", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ secret, response: voucher }),
      });
      const again = await json.json();
      assert.deepEqual([again["error-codes"], again.error], [["timeout-or-duplicate"], "replayed"]);
    } finally {
      await browser.close();
    }
  });

  test("nothing but challenge requests and the form leaves the page", async () => {
    const { browser, page: open } = await startBrowser({ automated: false });
    try {
      const page = await open({ viewport });
      const requests = [];
      page.on("request", (request) => requests.push(request));
      const problems = [];
      page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
      page.on("pageerror", (error) => problems.push(error.message));
      await page.goto(server.url);
      await startWatching(page);
      await verified(page);
      await replay(page, corpus().find((trace) => trace.id === "human-pointer-2"), { limit: 4000 });
      const sent = requests.map((request) => `${request.method()} ${new URL(request.url()).pathname}`);
      const allowed = /^GET \/($|dist\/|demo|parts|icon|challenge$)/;
      assert.deepEqual(sent.filter((line) => !allowed.test(line)), []);
      const challenge = requests.find((request) => new URL(request.url()).pathname === "/challenge");
      assert.deepEqual([...new URL(challenge.url()).searchParams.keys()].sort(), ["action", "hostname", "sitekey"]);
      assert.deepEqual(problems, [], "no error under the strict Content-Security-Policy");
    } finally {
      await browser.close();
    }
  });

  test("the server answers bad requests in words and stays up", async () => {
    const get = async (path) => {
      const response = await fetch(server.url + path);
      return [response.status, (await response.text()).slice(0, 200)];
    };
    assert.deepEqual(await get("/healthz"), [200, "ok"]);
    assert.match((await get("/challenge?sitekey=nobody&hostname=localhost")).join(), /404.*unknown-sitekey/);
    assert.match((await get("/challenge?sitekey=demo&hostname=evil.test")).join(), /403.*unknown-hostname/);
    assert.equal((await get("/challenge"))[0], 400);
    const foreign = await fetch(`${server.url}/challenge?sitekey=demo&hostname=localhost`, { headers: { origin: "https://evil.test" } });
    assert.equal(foreign.status, 403);
    const large = await fetch(server.url + "/siteverify", { method: "POST", body: "x".repeat(100_000) });
    assert.equal(large.status, 413);
    const broken = await fetch(server.url + "/siteverify", { method: "POST", headers: { "content-type": "application/json" }, body: "{" });
    assert.deepEqual([broken.status, (await broken.json())["error-codes"]], [400, ["bad-request"]]);
    assert.deepEqual(await get("/healthz"), [200, "ok"]);
  });
});

/** A first key press anywhere starts the check, as it does for a visitor. */
async function startWatching(page) {
  await page.waitForFunction(() => customElements.get("vouchsafe-widget"));
  await page.$eval("vouchsafe-widget", (widget) => widget.execute());
  return page;
}

/** Types with a recorded person's rhythm: which letters does not matter, only when. */
async function type(page, trace) {
  const start = performance.now();
  for (const [i, [t, kind]] of trace.events.entries()) {
    const wait = start + t - trace.events[0][0] - performance.now();
    if (wait > 1) await new Promise((resume) => setTimeout(resume, wait));
    const key = "abcdefghij"[Math.floor(i / 2) % 10];
    if (kind === "keydown") await page.keyboard.down(key);
    else await page.keyboard.up(key);
  }
}

/** Presses as Chromium does when assistive software asks it to: without force, and nowhere within the element. */
async function pressAsAScreenReader(page, selector) {
  const cdp = await page.context().newCDPSession(page);
  const [x, y] = await page.$eval(selector, (element) => {
    element.style.borderRadius = "0";
    element.scrollIntoView({ block: "center" });
    const { left, top } = element.getBoundingClientRect();
    return [left + element.clientLeft, top + element.clientTop];
  });
  for (const type of ["mousePressed", "mouseReleased"]) {
    await cdp.send("Input.dispatchMouseEvent", { type, x, y, button: "left", clickCount: 1, force: 0 });
  }
}

/** A finger's touch, somewhere within the element. */
async function tapAsAFinger(page, selector) {
  const cdp = await page.context().newCDPSession(page);
  const [x, y] = await page.$eval(selector, (element) => {
    element.scrollIntoView({ block: "center" });
    const { left, top, width, height } = element.getBoundingClientRect();
    return [left + width * (0.2 + 0.6 * Math.random()), top + height * (0.2 + 0.6 * Math.random())];
  });
  await cdp.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [{ x, y, radiusX: 11, radiusY: 13, force: 0.6 }] });
  await page.waitForTimeout(50 + 90 * Math.random());
  await cdp.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
}

/** Letters as Android's keyboards send them: a key that is not told, pressed and released at once, and the text. */
async function typeOnGlass(page, text) {
  const cdp = await page.context().newCDPSession(page);
  const key = { windowsVirtualKeyCode: 229, key: "Unidentified" };
  for (const letter of text) {
    await cdp.send("Input.dispatchKeyEvent", { type: "rawKeyDown", ...key });
    await page.keyboard.insertText(letter);
    await cdp.send("Input.dispatchKeyEvent", { type: "keyUp", ...key });
    await page.waitForTimeout(120 + 130 * Math.random());
  }
}

test("a stopping server finishes and exits cleanly", async () => {
  const server = await startServer();
  assert.equal((await fetch(server.url + "/healthz")).status, 200);
  assert.equal(await server.stop(), 0);
  assert.match(server.logs(), /stopped/);
});
