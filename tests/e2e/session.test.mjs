// A known person's session in Chromium: learnt, taken over, confirmed, locked; the vault across reloads and damage;
// what leaves the page.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { claimsOf, errorsOf, recorded, root, startBrowser, startServer, violations } from "./helpers.mjs";

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

/** Does `work` in a page of its own context; nothing may have gone wrong in it. */
async function visit(path, work, options = {}) {
  const page = await chromium.page({ viewport: { width: 1100, height: 1000 }, ...options });
  const errors = errorsOf(page);
  // A page of the site with nothing on it but the package.
  await page.route("**/bare.html", (route) =>
    route.fulfill({ contentType: "text/html", body: "<!doctype html><html lang=en><title>Bare</title><link rel=icon href=data:,><main><h1>Bare</h1><input aria-label=Text></main>" }),
  );
  try {
    await page.goto(`${server.url}/${path}`);
    await work(page);
    assert.deepEqual(errors, []);
  } finally {
    await page.close();
  }
}

/** Begins a session in a bare page, as `window.s`; told events gather in `window.told`. */
async function begin(page, options = {}) {
  await page.evaluate(async (options) => {
    const { session } = await import("./dist/session.js");
    window.s = await session({ watch: false, ...options });
    window.told = [];
    for (const name of ["challenge", "face", "confirmed", "failed", "locked", "unlocked", "idle", "back", "ended", "vault"]) {
      s.addEventListener(name, ({ detail }) => told.push([name, detail.vault ?? detail.left]));
    }
  }, options);
}

const learn = (page, name = "learnt") => page.evaluate((events) => s.feed(Float64Array.from(events)), recorded(name));
const status = (page) => page.evaluate(() => ({ ...s.status, vault: s.vault, told: window.told }));
const again = async (page, options) => {
  await page.evaluate(() => s.end());
  await page.reload();
  await begin(page, options);
  return status(page);
};
/** Works on the vault's record of `me`. */
const record = (page, work) =>
  page.evaluate(async (work) => {
    const open = indexedDB.open("vouchsafe");
    const database = await new Promise((done) => (open.onsuccess = () => done(open.result)));
    const store = database.transaction("profiles", "readwrite").objectStore("profiles");
    const wait = (request) => new Promise((done) => (request.onsuccess = () => done(request.result)));
    const result = await eval(`(${work})`)(store, wait);
    database.close();
    return result;
  }, String(work));

test("the demo: somebody is learnt, goes on undisturbed, and is missed within a thousand moves", async () => {
  await visit("stay.html", async (page) => {
    await page.click("#learn");
    await page.waitForSelector("#same:enabled", { timeout: 60_000 });
    await page.screenshot({ path: join(shots, "stay-learnt.png"), fullPage: true });
    await page.click("#same");
    await page.waitForSelector("#said:has-text('nothing was asked')", { timeout: 60_000 });
    await page.click("#other");
    await page.waitForSelector("#confirm:visible", { timeout: 60_000 });
    const moves = Number(/Noticed (\d+) moves/.exec(await page.textContent("#said"))?.[1]);
    assert.ok(moves > 100 && moves < 1000, `${moves}`);
    assert.match(await page.textContent("#reasons"), /somebody else would move it/);
    await page.screenshot({ path: join(shots, "stay-noticed.png"), fullPage: true });
    await page.click("#act");
    await page.waitForSelector("#acted:has-text('in doubt')");
    for (const left of ["2 more tries", "1 more try"]) {
      await page.fill("#code", "wrong");
      await page.keyboard.press("Enter");
      await page.waitForSelector(`#said:has-text('${left}')`);
    }
    await page.fill("#code", "wrong");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#locked:visible");
    await page.screenshot({ path: join(shots, "stay-locked.png"), fullPage: true });
    await page.click("#unlock");
    await page.waitForSelector("#other:enabled");
    await page.click("#other");
    await page.waitForSelector("#confirm:visible", { timeout: 60_000 });
    await page.fill("#code", "Fernweh");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#said:has-text('learnt now')");
    assert.equal(await page.isVisible("#confirm"), false);
  });
});

for (const [name, options] of [
  ["light-wide", {}],
  ["dark-narrow", { colorScheme: "dark", viewport: { width: 360, height: 800 } }],
]) {
  test(`the demo has no fault that axe-core knows (${name})`, async () => {
    await visit(
      "stay.html",
      async (page) => {
        await page.waitForSelector("#learn:enabled");
        await page.evaluate(() => document.querySelectorAll(".outcome").forEach((box) => (box.hidden = false)));
        assert.deepEqual(await violations(page), []);
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "scrolls sideways");
        await page.screenshot({ path: join(shots, `stay-${name}.png`), fullPage: true });
      },
      options,
    );
  });
}

test("a real mouse: one person is learnt through the listeners, another is noticed", async () => {
  await visit("bare.html", async (page) => {
    await begin(page, { watch: true });
    const cdp = await page.context().newCDPSession(page);
    // Pauses are cut to three frames: the hand is what counts.
    const play = async (name, most, until) => {
      const events = recorded(name);
      let [at, before] = [performance.now(), 0];
      for (let i = 0, moves = 0; i < events.length && moves < most; i += 4) {
        const [t, x, y, kind] = events.slice(i, i + 4);
        at += Math.min(t - before, 50);
        before = t;
        if (kind !== 0) continue;
        moves += 1;
        const wait = at - performance.now();
        if (wait > 1) await new Promise((resume) => setTimeout(resume, wait));
        void cdp.send("Input.dispatchMouseEvent", { type: "mouseMoved", x: x * 0.75, y: y * 0.75 }).catch(() => undefined);
        if (moves % 100 === 0 && (await until())) return;
      }
    };
    await play("learnt", 3500, async () => (await status(page)).enrolled === 1);
    const known = await status(page);
    assert.equal(known.enrolled, 1, `${known.moves} moves`);
    await play("same", 500, () => false);
    const same = await status(page);
    assert.ok(same.state === "open" && same.trust >= 80, JSON.stringify(same));
    await play("other", 1800, async () => (await status(page)).state !== "open");
    const other = await status(page);
    assert.equal(other.state, "challenge", JSON.stringify(other));
    assert.ok(other.moves - same.moves < 1700, `${other.moves - same.moves} moves`);
  });
});

test("what was learnt is there after a reload, encrypted with a key that nobody reads out", async () => {
  await visit("bare.html", async (page) => {
    await begin(page);
    await learn(page);
    const before = await page.evaluate(() => s.summary);
    assert.ok(before.mice[0] >= 40 && before.presses > 100 && before.bytes < 20_000, JSON.stringify(before));
    const after = await again(page);
    assert.deepEqual([after.enrolled, after.vault, after.trust], [1, "stored", 80]);
    assert.deepEqual(await page.evaluate(() => s.summary), before);
    const kept = await record(page, async (store, wait) => {
      const { key, data, version } = await wait(store.get("me"));
      const raw = await crypto.subtle.exportKey("raw", key).catch(({ name }) => name);
      return { raw, version, bytes: [...new Uint8Array(data)], size: data.byteLength };
    });
    assert.deepEqual([kept.raw, kept.version, kept.size], ["InvalidAccessError", 1, before.bytes + 16]);
    assert.ok(!Buffer.from(kept.bytes).includes("VSP1") && !Buffer.from(kept.bytes).includes("UTC"));
  });
});

const harm = {
  "a changed byte": async (store, wait) => {
    const kept = await wait(store.get("me"));
    new Uint8Array(kept.data)[100] ^= 1;
    await wait(store.put(kept, "me"));
  },
  "somebody else's record": async (store, wait) => {
    const kept = await wait(store.get("me"));
    // Encrypted under another name with the same key.
    const iv = new Uint8Array(12);
    const additionalData = new TextEncoder().encode("vouchsafe vault 1\0mallory");
    const made = crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData }, kept.key, new Uint8Array(50));
    const data = await made;
    const open = indexedDB.open("vouchsafe");
    const database = await new Promise((done) => (open.onsuccess = () => done(open.result)));
    await wait(database.transaction("profiles", "readwrite").objectStore("profiles").put({ ...kept, iv, data }, "me"));
    database.close();
  },
  "something that is no record": (store, wait) => wait(store.put("hello", "me")),
  "half a record": (store, wait) => wait(store.put({ version: 1 }, "me")),
};
for (const [name, work] of Object.entries(harm)) {
  test(`a vault with ${name} is noticed, and the person is learnt anew`, async () => {
    await visit("bare.html", async (page) => {
      await begin(page);
      await learn(page);
      await page.evaluate(() => s.end());
      await record(page, work);
      await page.reload();
      await begin(page);
      const damaged = await status(page);
      assert.deepEqual([damaged.vault, damaged.enrolled, damaged.state], ["damaged", 0, "open"]);
      await learn(page);
      const healed = await again(page);
      assert.deepEqual([healed.vault, healed.enrolled], ["stored", 1]);
    });
  });
}

test("a newer version's vault is left alone", async () => {
  await visit("bare.html", async (page) => {
    await begin(page);
    await learn(page);
    await page.evaluate(() => s.end());
    await record(page, async (store, wait) => wait(store.put({ ...(await wait(store.get("me"))), version: 2 }, "me")));
    await page.reload();
    await begin(page);
    assert.deepEqual([(await status(page)).vault, (await status(page)).enrolled], ["newer", 0]);
    await learn(page);
    await page.evaluate(() => s.end());
    assert.equal(await record(page, async (store, wait) => (await wait(store.get("me"))).version), 2);
  });
});

test("without storage, or without room, a session works and says that nothing is kept", async () => {
  await visit("bare.html", async (page) => {
    await page.addInitScript(() => Object.defineProperty(window, "indexedDB", { get: () => { throw new DOMException("no", "SecurityError"); } }));
    await page.reload();
    await begin(page);
    await learn(page);
    assert.deepEqual([(await status(page)).vault, (await status(page)).enrolled], ["memory", 1]);
    await page.evaluate(() => s.forget());
    assert.equal((await status(page)).enrolled, 0);
  });
  await visit("bare.html", async (page) => {
    await page.evaluate(() => (IDBObjectStore.prototype.put = () => { throw new DOMException("full", "QuotaExceededError"); }));
    await begin(page);
    await learn(page);
    await page.waitForFunction(() => s.vault === "full", null, { timeout: 15_000 });
    const full = await status(page);
    assert.deepEqual([full.enrolled, full.state, full.told], [1, "open", [["vault", "full"]]]);
  });
});

test("forgetting leaves nothing behind", async () => {
  await visit("bare.html", async (page) => {
    await begin(page);
    await learn(page);
    await page.evaluate(() => s.forget());
    assert.equal(await record(page, (store, wait) => wait(store.count())), 0);
    assert.deepEqual([(await status(page)).enrolled, (await status(page)).state], [0, "open"]);
  });
});

test("a parcel takes the profile to another device, opens with its passphrase only, and shows nothing", async () => {
  let parcel;
  await visit("bare.html", async (page) => {
    await begin(page);
    await learn(page);
    parcel = await page.evaluate(async () => [...(await s.export("correct horse"))]);
    const twice = await page.evaluate(async () => [...(await s.export("correct horse"))]);
    assert.notDeepEqual(parcel, twice);
  });
  assert.ok(!Buffer.from(parcel).includes("VSP1"));
  await visit("bare.html", async (page) => {
    await begin(page, { user: "elsewhere" });
    const take = (bytes, passphrase) =>
      page.evaluate(([bytes, passphrase]) => s.import(Uint8Array.from(bytes), passphrase).then(() => "taken", ({ code }) => code), [bytes, passphrase]);
    assert.equal(await take(parcel, "wrong horse"), "wrong-passphrase");
    assert.equal(await take(parcel.with(200, parcel[200] ^ 1), "correct horse"), "wrong-passphrase");
    // The salt is bound too.
    assert.equal(await take(parcel.with(8, parcel[8] ^ 1), "correct horse"), "wrong-passphrase");
    for (const odd of [[], [1, 2, 3], parcel.slice(0, 32), [...Buffer.from("hello, this is no parcel at all, not even close")]]) {
      assert.equal(await take(odd, "correct horse"), "not-a-parcel");
    }
    assert.equal((await status(page)).enrolled, 0);
    assert.equal(await take(parcel, "correct horse"), "taken");
    assert.equal((await status(page)).enrolled, 1);
    assert.equal((await again(page, { user: "elsewhere" })).enrolled, 1);
  });
});

test("nothing of the profile is in any request", async () => {
  await visit("bare.html", async (page) => {
    const sent = [];
    page.on("request", (request) => {
      sent.push({ method: request.method(), url: request.url(), headers: JSON.stringify(request.headers()), body: request.postDataBuffer() ?? Buffer.alloc(0) });
    });
    page.on("websocket", () => assert.fail("a web socket"));
    await begin(page, { user: "ada@example.org", sitekey: "demo", watch: true });
    await learn(page);
    await page.evaluate(() => s.registerFace(Array.from({ length: 128 }, (_, i) => Math.sin(i))));
    const voucher = await page.evaluate(async () => {
      const voucher = await s.voucher("change-email");
      await fetch("demo/signup", { method: "POST", body: new URLSearchParams({ "vouchsafe-response": voucher }) });
      return voucher;
    });
    await page.evaluate(() => s.export("correct horse"));
    await page.evaluate(() => s.end());
    const profile = Buffer.from(
      await record(page, async (store, wait) => {
        const { key, iv, data } = await wait(store.get("ada@example.org"));
        const additionalData = new TextEncoder().encode("vouchsafe vault 1\0ada@example.org");
        return [...new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData }, key, data))];
      }),
    );
    assert.equal(profile.toString("latin1", 0, 4), "VSP1");
    const allowed = /\/(bare\.html|dist\/[\w.-]+|challenge\?sitekey=demo&hostname=localhost&action=change-email|demo\/signup)$/;
    assert.deepEqual(sent.map(({ url }) => url).filter((url) => !allowed.test(url)), []);
    assert.deepEqual(sent.filter(({ body }) => body.length > 0).map(({ url }) => new URL(url).pathname), ["/demo/signup"]);
    const everything = sent.map(({ url, headers, body }) => `${url}\n${headers}\n${body.toString("latin1")}`).join("\n");
    assert.ok(everything.includes(encodeURIComponent(voucher).slice(0, 40)), "the capture sees what is sent");
    assert.ok(!/ada|example\.org/.test(everything));
    // Any nine bytes of it that are not all alike, as they are, in base64 and in hexadecimal.
    for (let i = 0; i + 9 <= profile.length; i += 3) {
      const part = profile.subarray(i, i + 9);
      if (new Set(part).size < 5) continue;
      for (const coded of [part.toString("latin1"), part.toString("base64"), part.toString("base64url"), part.toString("hex")]) {
        assert.ok(!everything.includes(coded), `bytes ${i} to ${i + 9}`);
      }
    }
    // The voucher itself: evidence of behaviour, and no claim the protocol does not name.
    const claims = claimsOf(voucher);
    const named = ["iss", "aud", "iat", "exp", "jti", "challenge", "work", "hostname", "action", "score", "verdict", "signals", "evidence", "build", "model"];
    assert.deepEqual(Object.keys(claims).filter((name) => !named.includes(name)), []);
  });
});

test("a voucher for something that matters: fresh, with its action, and none while in doubt", async () => {
  await visit("bare.html", async (page) => {
    await begin(page, { sitekey: "demo", watch: true });
    const vouchers = await page.evaluate(async () => [await s.voucher("pay"), await s.voucher("pay")]);
    assert.notEqual(vouchers[0], vouchers[1]);
    for (const voucher of vouchers) {
      const response = await fetch(`${server.url}/demo/signup`, { method: "POST", body: new URLSearchParams({ "vouchsafe-response": voucher }) });
      const { verification } = await response.json();
      assert.deepEqual([verification.action, verification.error], ["pay", undefined], JSON.stringify(verification));
    }
    await page.evaluate(() => {
      s.surround({ latitude: 52.5, longitude: 13.4 });
      s.surround({ latitude: 35.7, longitude: 139.7 });
    });
    assert.equal((await status(page)).state, "challenge");
    const refused = await page.evaluate(() => s.voucher("pay").catch(({ message }) => message));
    assert.match(refused, /no voucher while the session is challenge/);
    await page.evaluate(() => s.passed());
    assert.ok(await page.evaluate(() => s.voucher("pay")));
  });
});

test("idleness is announced, a key keeps the session, and then it ends", async () => {
  await visit("bare.html", async (page) => {
    await begin(page, { watch: true, policy: { idleAfter: 3.5, warnBefore: 2 } });
    await page.evaluate(() => {
      const indicator = document.createElement("vouchsafe-trust");
      indicator.session = s;
      document.querySelector("main").append(indicator);
    });
    const alert = page.locator("vouchsafe-trust [role=alert]");
    await page.waitForFunction(() => told.some(([name]) => name === "idle"), null, { timeout: 10_000 });
    assert.match(await alert.textContent(), /You will be signed out in 2 seconds/);
    await page.locator("vouchsafe-trust").screenshot({ path: join(shots, "trust-idle.png") });
    await page.keyboard.press("Tab");
    await page.waitForFunction(() => told.at(-1)[0] === "back");
    assert.equal(await alert.textContent(), "");
    await page.waitForFunction(() => told.at(-1)[0] === "ended", null, { timeout: 10_000 });
    const meter = page.locator("vouchsafe-trust [role=meter]");
    assert.match(await meter.getAttribute("aria-valuetext"), /of 100: Signed out/);
    assert.match(await page.locator("vouchsafe-trust [role=status]").textContent(), /Signed out/);
  });
});

test("a policy with an unknown word is refused, and a browser that is driven is asked at once", async () => {
  await visit("bare.html", async (page) => {
    const error = await page.evaluate(async () => {
      const { session } = await import("./dist/session.js");
      return session({ policy: { challengeBelwo: 70 } }).then(() => "", ({ message }) => message);
    });
    assert.match(error, /challengeBelwo/);
  });
  const driven = await startBrowser();
  const page = await driven.page();
  await page.goto(`${server.url}/face.html`);
  await begin(page);
  assert.deepEqual([(await status(page)).state, (await status(page)).reasons[0].signal], ["challenge", "environment"]);
  await driven.browser.close();
});

test("importing on a server, and ending twice, do no harm", async () => {
  const { Session, VouchsafeTrust } = await import(join(root, "www/dist/session.js"));
  assert.ok(Session && VouchsafeTrust);
  await visit("bare.html", async (page) => {
    await begin(page);
    await page.evaluate(async () => {
      await s.end();
      await s.end();
      s.passed();
      s.feed(new Float64Array(8));
    });
    assert.equal((await status(page)).state, "ended");
    assert.deepEqual((await status(page)).told, [["ended", undefined]]);
  });
});
