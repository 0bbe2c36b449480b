// Every state of the widget, by what brings it about; looks and accessibility.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { ASKS_NOTHING, claimsOf, reaches, root, shown, spoken, startBrowser, startServer, state, violations } from "./helpers.mjs";

const shots = join(root, "target/screenshots");

describe("the widget", () => {
  let server, slow, short, chromium;
  before(async () => {
    mkdirSync(shots, { recursive: true });
    // A site that asks nothing on doubt: forms are sent, and refused.
    server = await startServer({ config: ASKS_NOTHING });
    slow = await startServer({ config: "difficulty = 18\nmax_difficulty = 18" });
    short = await startServer({ config: "challenge_lifetime_s = 4" });
    chromium = await startBrowser();
  });
  after(async () => {
    await chromium?.browser.close();
    await Promise.all([server, slow, short].map((one) => one?.stop()));
  });

  /** The demo page of `server` with `attributes` in its widget's tag, after `init` ran in the page. */
  async function visit({ url }, { attributes = {}, init = () => {}, ...options } = {}) {
    const page = await chromium.page({ viewport: { width: 1200, height: 860 }, ...options });
    await page.addInitScript(init);
    // Of an attribute that is there twice, the first one counts.
    const written = Object.entries(attributes).map(([name, value]) => `data-${name}="${value}"`);
    await page.route(`${url}/`, async (route) => {
      const response = await route.fetch();
      const body = (await response.text()).replace("<vouchsafe-widget", `<vouchsafe-widget ${written.join(" ")}`);
      await route.fulfill({ response, body });
    });
    await page.goto(`${url}/`);
    await page.waitForFunction(() => customElements.get("vouchsafe-widget"));
    return page;
  }

  test("is idle until somebody does something, then checks by itself", async () => {
    const page = await visit(server);
    await page.waitForTimeout(300);
    assert.equal(await state(page), "idle");
    assert.equal(await spoken(page), "");
    await page.focus("#name");
    await reaches(page, "verified");
    assert.equal(await shown(page, "label"), "You are verified");
    assert.equal(await spoken(page), "You are verified");
    const value = await page.$eval("input[name=vouchsafe-response]", (field) => field.value);
    assert.equal(value.split(".").length, 3);
    await page.close();
  });

  test("shows work in progress, and a reset aborts it", async () => {
    const page = await visit(slow);
    await page.$eval("vouchsafe-widget", (widget) => void widget.execute());
    await reaches(page, "working");
    await page.waitForFunction(() => {
      const box = document.querySelector("vouchsafe-widget").shadowRoot.querySelector(".box");
      return Number(box.style.getPropertyValue("--share")) > 0;
    });
    await page.screenshot({ path: join(shots, "working.png") });
    await page.$eval("vouchsafe-widget", (widget) => widget.reset());
    assert.equal(await state(page), "idle");
    await page.waitForTimeout(200);
    assert.equal(await state(page), "idle");
    await page.close();
  });

  test("a removed widget stops working and a moved one works again", async () => {
    const page = await visit(slow);
    await page.$eval("vouchsafe-widget", (widget) => {
      void widget.execute();
      window.kept = widget;
      widget.remove();
    });
    assert.equal(await page.evaluate(() => window.kept.state), "idle");
    await page.evaluate(() => document.getElementById("signup").append(window.kept));
    await page.$eval("vouchsafe-widget", (widget) => void widget.execute());
    await reaches(page, "working");
    assert.equal(await page.$$eval("input[name=vouchsafe-response]", (all) => all.length), 1);
    await page.close();
  });

  test("says in words what failed, keeps the focus and tries again", async () => {
    const page = await visit(server, { attributes: { sitekey: "nobody" } });
    await page.focus("vouchsafe-widget");
    await page.keyboard.press("Enter");
    await reaches(page, "failed");
    assert.match(await spoken(page), /could not finish.*unknown-sitekey/);
    await page.screenshot({ path: join(shots, "failed.png") });
    assert.deepEqual(await violations(page), []);
    await page.$eval("vouchsafe-widget", (widget) => (widget.dataset.sitekey = "demo"));
    await page.keyboard.press("Enter");
    await reaches(page, "verified");
    assert.equal(await page.evaluate(() => document.activeElement.localName), "vouchsafe-widget");
    await page.close();
  });

  test("names the network when it is the network", async () => {
    const page = await visit(server);
    await page.route("**/challenge?*", (route) => route.abort());
    await page.focus("#name");
    await reaches(page, "failed");
    assert.match(await shown(page, "note"), /No connection/);
    await page.close();
  });

  test("expires when the page wants that, and renews itself otherwise", async () => {
    const manual = await visit(short, { attributes: { "refresh-expired": "manual" } });
    await manual.focus("#name");
    await reaches(manual, "verified");
    await reaches(manual, "expired");
    assert.equal(await manual.$eval("input[name=vouchsafe-response]", (field) => field.value), "");
    await manual.screenshot({ path: join(shots, "expired.png") });
    assert.deepEqual(await violations(manual), []);
    await manual.close();

    const auto = await visit(short);
    let challenges = 0;
    auto.on("request", (request) => (challenges += request.url().includes("/challenge?") ? 1 : 0));
    await auto.focus("#name");
    await reaches(auto, "verified");
    await auto.waitForTimeout(3000);
    await reaches(auto, "verified");
    assert.ok(challenges >= 2, `${challenges} challenges`);
    await auto.close();
  });

  test("a form sent too early waits for the check and is then sent", async () => {
    const page = await visit(server, { attributes: { execution: "execute" } });
    await page.evaluate(() => {
      for (const [id, value] of [["name", "Ada"], ["email", "ada@example.org"], ["password", "correct horse"]]) {
        document.getElementById(id).value = value;
      }
      document.getElementById("signup").requestSubmit();
    });
    await page.waitForSelector("#outcome:not([hidden])");
    assert.doesNotMatch(await page.textContent("#outcome"), /has not run/);
    await page.close();
  });

  test("tells the page by event, callback and message to the named parent only", async () => {
    const page = await visit(server, { attributes: { execution: "execute", callback: "heard", "post-origin": server.url } });
    await page.evaluate(() => {
      window.log = [];
      window.heard = (voucher) => window.log.push(["callback", voucher.split(".").length]);
      for (const name of ["statechange", "verified", "failed"]) {
        document.addEventListener(name, ({ detail }) => window.log.push([name, detail.state]));
      }
      return document.querySelector("vouchsafe-widget").execute();
    });
    assert.deepEqual(await page.evaluate(() => window.log), [
      ["statechange", "working"],
      ["statechange", "verified"],
      ["verified", "verified"],
      ["callback", 3],
    ]);

    // Framed: the parent that was named hears it, another origin would not.
    const messages = async (postOrigin) => {
      const outer = await visit(server);
      return outer.evaluate(async (postOrigin) => {
        const heard = [];
        addEventListener("message", ({ data, origin }) => heard.push([data.source, data.state, origin === location.origin]));
        const frame = document.createElement("iframe");
        frame.src = "/";
        document.body.append(frame);
        await new Promise((loaded) => (frame.onload = loaded));
        const inner = frame.contentWindow;
        await inner.customElements.whenDefined("vouchsafe-widget");
        const widget = inner.document.querySelector("vouchsafe-widget");
        widget.dataset.postOrigin = postOrigin;
        await widget.execute();
        await new Promise((resume) => setTimeout(resume, 100));
        return heard;
      }, postOrigin);
    };
    assert.deepEqual(await messages(server.url), [["vouchsafe", "verified", true]]);
    assert.deepEqual(await messages("https://elsewhere.test"), []);
    await page.close();
  });

  test("every language says everything, and is listed", () => {
    const folder = join(root, "www/languages");
    const languages = readdirSync(folder).filter((name) => name.endsWith(".json")).map((name) => name.replace(".json", ""));
    const source = readFileSync(join(root, "www/src/messages.ts"), "utf8");
    const listed = [...source.matchAll(/import\("\.\/languages\/([\w-]+)\.js"\)/g)].map(([, language]) => language);
    assert.deepEqual(listed.toSorted(), languages.toSorted());
    assert.ok(languages.length >= 40);
    const keys = /interface Texts \{([^}]+)\}/.exec(source)[1].match(/\w+(?=: string)/g);
    for (const language of languages) {
      const texts = JSON.parse(readFileSync(join(folder, `${language}.json`), "utf8"));
      assert.deepEqual(Object.keys(texts), keys, language);
      for (const [key, text] of Object.entries(texts)) {
        assert.ok(text.trim() === text && text.length > 1 && text.length < 110, `${language}: ${key}`);
        assert.equal(text.includes("\u2026"), key === "working", `${language}: ${key}`);
      }
      assert.match(texts.unsupported, /WebAssembly/, language);
    }
  });

  for (const [folder, file] of [["challenges", "step-up/words.ts"], ["face", "face/words.ts"], ["why", "why.ts"]]) {
    test(`every language says everything, and is listed: ${folder}`, () => {
      const source = readFileSync(join(root, "www/src", file), "utf8");
      const listed = [...source.matchAll(/import\("\.\/languages\/(\w+)\/([\w-]+)\.js"\)/g)].map(([, , language]) => `${language}.json`);
      const files = join(root, "www/languages", folder);
      assert.deepEqual(listed, readdirSync(files).toSorted());
      const english = new Function(`return ${/ english = (\{[\s\S]+?\n\});/.exec(source)[1]}`)();
      // Each text by its path, with the places for values in it.
      const shape = (texts, path = "") =>
        Object.entries(texts).flatMap(([key, text]) => {
          if (typeof text !== "string") return shape(text, `${path}${key}.`);
          assert.ok(text.trim() === text && text.length > (folder === "why" || /names/.test(path) ? 0 : 1) && text.length < 300, `${path}${key}: ${text}`);
          return [`${path}${key} ${(text.match(/\{\w+\}/g) ?? []).toSorted()}`];
        });
      for (const file of listed) {
        const texts = JSON.parse(readFileSync(join(files, file), "utf8"));
        assert.deepEqual(shape(texts), shape(english), file);
        // What a button will say is what the text above it announces.
        if (texts.hold) assert.ok(texts.hold.text.includes(texts.hold.release), file);
      }
    });
  }

  for (const [tag, label, dir] of [["de-AT", /Mensch/, "ltr"], ["ar", /إنسان/, "rtl"], ["zh-TW", /確認您是真人/, "ltr"], ["tlh", /human/, "ltr"]]) {
    test(`speaks ${tag} where it is asked to`, async () => {
      const page = await visit(server, { attributes: { language: tag } });
      await page.waitForFunction((pattern) => new RegExp(pattern).test(document.querySelector("vouchsafe-widget").shadowRoot.getElementById("label").textContent), label.source);
      const box = await page.$eval("vouchsafe-widget", (widget) => ({ dir: widget.shadowRoot.querySelector(".box").dir, lang: widget.shadowRoot.querySelector(".box").lang }));
      assert.equal(box.dir, dir);
      assert.equal(box.lang, { "de-AT": "de", "zh-TW": "zh-Hant", tlh: "en" }[tag] ?? tag);
      await page.locator("vouchsafe-widget").screenshot({ path: join(shots, `widget-${tag}.png`) });
      assert.deepEqual(await violations(page), []);
      await page.close();
    });
  }

  test("takes the language of the text around it, the visitor's else, and English where it is out of reach", async () => {
    const label = async (page, wanted) => {
      await page.waitForFunction((wanted) => document.querySelector("vouchsafe-widget").shadowRoot.querySelector(".box").lang === wanted, wanted);
      return shown(page, "label");
    };
    const around = await visit(server, { init: () => new MutationObserver(() => document.documentElement && (document.documentElement.lang = "fr")).observe(document, { childList: true }) });
    assert.match(await label(around, "fr"), /humain/);
    await around.close();
    const own = await visit(server, { locale: "pt-BR", init: () => new MutationObserver(() => document.documentElement?.removeAttribute("lang")).observe(document, { childList: true }) });
    assert.match(await label(own, "pt-BR"), /humano/);
    await own.close();
    const lost = await chromium.page();
    await lost.route("**/languages/*", (route) => route.abort());
    await lost.goto(server.url);
    await lost.$eval("vouchsafe-widget", (widget) => ((widget.dataset.language = "fi"), widget.parentElement.append(widget)));
    assert.match(await label(lost, "en"), /human/);
    await lost.close();
  });

  for (const [colorScheme, width] of [["light", 1200], ["dark", 360]]) {
    test(`says why and what would be sent, ${colorScheme}, ${width} px`, async () => {
      const page = await visit(server, { colorScheme, viewport: { width, height: 1100 }, attributes: { execution: "execute" } });
      const mark = page.getByRole("button", { name: "Vouchsafe: about this check" });
      await mark.focus();
      await page.keyboard.press("Enter");
      await page.getByText("Nothing has left this page so far").waitFor();
      assert.equal(await mark.getAttribute("aria-expanded"), "true");
      await page.$eval("vouchsafe-widget", (widget) => widget.execute());
      await page.getByText("When you send the form, this is all").waitFor();
      await page.getByText("All of it, as it is sent").click();
      const voucher = await page.$eval("vouchsafe-widget", (widget) => widget.voucher);
      const told = JSON.parse(await page.$eval("vouchsafe-widget", (widget) => widget.shadowRoot.querySelector(".why pre").textContent));
      const sent = claimsOf(voucher);
      assert.deepEqual(Object.keys(told), Object.keys(sent));
      assert.equal(told.challenge, sent.challenge);
      assert.deepEqual(await violations(page), []);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "nothing sticks out");
      await page.screenshot({ path: join(shots, `why-${colorScheme}.png`) });
      await page.keyboard.press("Escape");
      assert.equal(await page.getByText("Why am I asked?").count(), 0);
      assert.ok(await mark.evaluate((mark) => mark.getRootNode().activeElement === mark));
      await page.close();
    });
  }

  test("says why in the language of the page", async () => {
    const page = await visit(server, { attributes: { language: "ja" } });
    await page.waitForFunction(() => document.querySelector("vouchsafe-widget").shadowRoot.querySelector(".box").lang === "ja");
    await page.$eval("vouchsafe-widget", (widget) => widget.execute());
    await page.getByRole("button", { name: "Vouchsafe: about this check" }).click();
    await page.getByText("なぜ聞かれるのですか").waitFor();
    assert.equal(await page.$eval("vouchsafe-widget", (widget) => widget.shadowRoot.querySelector(".why").lang), "ja");
    assert.deepEqual(await violations(page), []);
    await page.locator("vouchsafe-widget").screenshot({ path: join(shots, "why-ja.png") });
    await page.close();
  });

  test("fifty on one page are all checked", async () => {
    const page = await chromium.page();
    const many = '<form><vouchsafe-widget data-sitekey="demo"></vouchsafe-widget></form>'.repeat(50);
    const body = `<!doctype html><html lang="en"><title>A page</title>${many}<script type="module" src="/dist/vouchsafe.js"></script></html>`;
    await page.route(`${server.url}/fifty`, (route) => route.fulfill({ body, contentType: "text/html" }));
    await page.goto(`${server.url}/fifty`);
    await page.keyboard.press("Tab");
    await page.waitForFunction(() => [...document.querySelectorAll("vouchsafe-widget")].every((widget) => widget.state === "verified"));
    const vouchers = await page.$$eval("vouchsafe-widget", (widgets) => widgets.map((widget) => widget.voucher.split(".")[2]));
    assert.equal(new Set(vouchers).size, 50);
    await page.close();
  });

  test("offline it says so, and tries again when the network is back, unless told not to", async () => {
    const page = await visit(server);
    await page.context().setOffline(true);
    await page.focus("#name");
    await reaches(page, "failed");
    assert.match(await spoken(page), /No connection/);
    await page.context().setOffline(false);
    await reaches(page, "verified");
    await page.close();
    const told = await visit(server, { attributes: { retry: "never" } });
    await told.context().setOffline(true);
    await told.focus("#name");
    await reaches(told, "failed");
    await told.context().setOffline(false);
    await told.waitForTimeout(500);
    assert.equal(await state(told), "failed");
    await told.getByRole("button", { name: "The check could not finish" }).click();
    await reaches(told, "verified");
    await told.close();
  });

  test("restored by the back button, its challenge run out meanwhile, it gets another", async () => {
    const { browser, page: open } = await startBrowser({ without: ["--disable-back-forward-cache"] });
    const page = await open();
    await page.goto(short.url);
    await page.focus("#name");
    await reaches(page, "verified");
    const challenge = () => page.$eval("vouchsafe-widget", (widget) => widget.challengeNonce);
    const before = await challenge();
    await page.evaluate(() => addEventListener("pageshow", ({ persisted }) => (window.restored = persisted)));
    await page.goto(`${short.url}/face.html`);
    await page.waitForTimeout(4500);
    await page.goBack({ waitUntil: "commit" });
    await page.waitForFunction(() => window.restored);
    await page.waitForFunction((before) => ![before, ""].includes(document.querySelector("vouchsafe-widget").challengeNonce), before);
    await reaches(page, "verified");
    await browser.close();
  });

  test("counts as a field that is missing, where it is required", async () => {
    const page = await visit(server, { attributes: { execution: "execute" } });
    const valid = () => page.$eval("form", (form) => form.checkValidity());
    for (const [id, text] of [["#name", "Ada"], ["#email", "ada@example.org"], ["#password", "long enough"]]) await page.fill(id, text);
    assert.equal(await valid(), true);
    await page.$eval("vouchsafe-widget", (widget) => (widget.setAttribute("required", ""), widget.reset()));
    assert.equal(await valid(), false);
    assert.ok(await page.$eval("vouchsafe-widget", (widget) => widget.matches(":invalid")));
    await page.$eval("vouchsafe-widget", (widget) => widget.execute());
    assert.equal(await valid(), true);
    await page.$eval("vouchsafe-widget", (widget) => widget.setCustomValidity("Not before noon."));
    assert.deepEqual([await valid(), await page.$eval("vouchsafe-widget", (widget) => widget.checkValidity())], [false, false]);
    await page.$eval("vouchsafe-widget", (widget) => widget.setCustomValidity(""));
    assert.equal(await valid(), true);
    await page.$eval("vouchsafe-widget", (widget) => widget.reset());
    assert.equal(await valid(), false);
    await page.close();
  });

  test("shows itself only where something is to be done, when it is asked to", async () => {
    const visible = (page) => page.$eval("vouchsafe-widget", (widget) => widget.shadowRoot.querySelector(".box").checkVisibility());
    const quiet = await visit(server, { attributes: { appearance: "interaction-only" } });
    assert.equal(await visible(quiet), false);
    await quiet.focus("#name");
    await reaches(quiet, "verified");
    assert.equal(await visible(quiet), false);
    await quiet.close();
    const failing = await visit(server, { attributes: { appearance: "interaction-only", sitekey: "nobody" } });
    await failing.fill("#name", "Ada");
    await failing.fill("#email", "ada@example.org");
    await failing.fill("#password", "long enough");
    await failing.keyboard.press("Enter");
    await reaches(failing, "failed");
    assert.equal(await visible(failing), true);
    await failing.waitForFunction(() => document.activeElement.localName === "vouchsafe-widget");
    await failing.close();
    const late = await visit(server, { attributes: { appearance: "execute", execution: "execute" } });
    assert.equal(await visible(late), false);
    await late.$eval("vouchsafe-widget", (widget) => widget.execute());
    assert.equal(await visible(late), true);
    await late.close();
  });

  for (const display of ["floating", "bar", "overlay"]) {
    test(`as ${display} it is away until a form waits for it or somebody is asked, and Escape sends it away`, async () => {
      const visible = (page) => page.$eval("vouchsafe-widget", (widget) => widget.shadowRoot.querySelector(".box").checkVisibility());
      const page = await visit(slow, { attributes: { display } });
      assert.equal(await visible(page), false);
      await page.fill("#name", "Ada");
      await page.fill("#email", "ada@example.org");
      await page.fill("#password", "long enough");
      assert.equal(await visible(page), false, "the work that began by itself is not shown");
      await page.keyboard.press("Enter");
      await reaches(page, "working");
      assert.equal(await visible(page), true);
      assert.deepEqual(await violations(page), []);
      await page.screenshot({ path: join(shots, `display-${display}.png`) });
      if (display === "overlay") {
        const under = await page.evaluate(() => document.elementFromPoint(20, 20).localName);
        assert.equal(under, "vouchsafe-widget");
      }
      await page.close();
      const failing = await visit(server, { attributes: { display, sitekey: "nobody" } });
      await failing.$eval("vouchsafe-widget", (widget) => widget.execute());
      assert.equal(await visible(failing), true);
      const bounds = await failing.$eval("vouchsafe-widget", (widget) => widget.shadowRoot.querySelector(".box").getBoundingClientRect().toJSON());
      if (display === "bar") assert.deepEqual([bounds.left, bounds.bottom], [0, 860]);
      await failing.$eval("vouchsafe-widget", (widget) => widget.focus());
      await failing.keyboard.press("Escape");
      assert.equal(await visible(failing), false);
      await failing.close();
    });
  }

  test("tells when the visitor is asked, has answered, has not answered, and where it cannot run", async () => {
    const init = () => {
      window.heard = [];
      for (const name of ["before", "after", "timeout", "unsupported"]) window[name] = () => heard.push(name);
      // Five minutes pass at once.
      const wait = window.setTimeout;
      window.setTimeout = (task, ms, ...rest) => wait(task, ms === 300_000 ? 100 : ms, ...rest);
    };
    const attributes = {
      execution: "execute",
      sitekey: "nobody",
      "before-interactive-callback": "before",
      "after-interactive-callback": "after",
      "timeout-callback": "timeout",
      "unsupported-callback": "unsupported",
    };
    const page = await visit(server, { attributes, init });
    await page.$eval("vouchsafe-widget", (widget) => widget.execute());
    await page.waitForFunction(() => heard.join() === "before,timeout");
    await page.$eval("vouchsafe-widget", (widget) => {
      widget.dataset.sitekey = "demo";
      return widget.execute();
    });
    assert.deepEqual(await page.evaluate(() => heard), ["before", "timeout", "after"]);
    await page.close();
    const refused = await visit(server, { attributes, init });
    await refused.evaluate(() => (WebAssembly.compile = () => Promise.reject(new WebAssembly.CompileError("refused"))));
    await refused.$eval("vouchsafe-widget", (widget) => widget.execute());
    assert.deepEqual((await refused.evaluate(() => heard)).slice(0, 2), ["before", "unsupported"]);
    await refused.close();
  });

  test("a page that stays open does not grow: ten renewals, a hundred thousand events", async () => {
    const page = await visit(short);
    await page.$eval("vouchsafe-widget", (widget) => widget.execute());
    const cdp = await page.context().newCDPSession(page);
    await cdp.send("Performance.enable");
    // The demo draws what it reads every 700 ms, and what a drawing replaced is collected only after the next frame:
    // the least of some readings is what stays.
    const measured = async () => {
      const least = { heap: Infinity, nodes: Infinity, listeners: Infinity };
      for (let reading = 0; reading < 5; reading++) {
        await cdp.send("HeapProfiler.collectGarbage");
        const { metrics } = await cdp.send("Performance.getMetrics");
        const of = (name) => metrics.find((metric) => metric.name === name).value;
        least.heap = Math.min(least.heap, of("JSHeapUsedSize"));
        least.nodes = Math.min(least.nodes, of("Nodes"));
        least.listeners = Math.min(least.listeners, of("JSEventListeners"));
        await page.waitForTimeout(50);
      }
      return least;
    };
    const live = (renewals) =>
      page.evaluate(async (renewals) => {
        const widget = document.querySelector("vouchsafe-widget");
        let seen = 0;
        const last = { challenge: widget.challengeNonce };
        for (let i = 0; seen < renewals; i++) {
          for (let k = 0; k < 500; k++) {
            document.body.dispatchEvent(new PointerEvent("pointermove", { clientX: (i * 7 + k) % 900, clientY: k % 500, bubbles: true }));
          }
          await new Promise((next) => setTimeout(next, 40));
          const { challengeNonce } = widget;
          if (challengeNonce && challengeNonce !== last.challenge) {
            last.challenge = challengeNonce;
            seen += 1;
          }
        }
      }, renewals);
    await live(2);
    const before = await measured();
    await live(8);
    const after = await measured();
    assert.ok(after.heap - before.heap < 400_000, `${before.heap} then ${after.heap} bytes`);
    assert.ok(after.nodes - before.nodes < 50 && after.listeners - before.listeners < 10, JSON.stringify([before, after]));
    await page.close();
  });

  test("works where no Worker may start", async () => {
    const init = () => {
      window.Worker = class {
        constructor() {
          throw new Error("no workers here");
        }
      };
    };
    const page = await visit(server, { attributes: { execution: "execute" }, init });
    await page.$eval("vouchsafe-widget", (widget) => widget.execute());
    assert.equal(await state(page), "verified");
    await page.close();
  });

  for (const colorScheme of ["light", "dark"]) {
    for (const [name, width] of [["wide", 1200], ["narrow", 360]]) {
      test(`the demo is accessible and in order: ${colorScheme}, ${name}`, async () => {
        const page = await visit(server, { colorScheme, viewport: { width, height: 860 } });
        await page.screenshot({ path: join(shots, `idle-${colorScheme}-${name}.png`), fullPage: true });
        assert.deepEqual(await violations(page), []);
        await page.fill("#name", "Ada");
        await page.fill("#email", "ada@example.org");
        await page.fill("#password", "correct horse");
        await reaches(page, "verified");
        await page.waitForTimeout(400); // the tick is drawn
        await page.screenshot({ path: join(shots, `verified-${colorScheme}-${name}.png`), fullPage: true });
        assert.deepEqual(await violations(page), []);
        await page.click("#submit");
        await page.waitForSelector("#outcome:not([hidden])");
        await page.click("#voucher summary");
        await page.screenshot({ path: join(shots, `refused-${colorScheme}-${name}.png`), fullPage: true });
        assert.deepEqual(await violations(page), []);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(overflow <= 0, `the page is ${overflow} px too wide`);
        await page.close();
      });
    }
  }
});
