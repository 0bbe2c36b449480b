// Attacks on the demo's sign-up page, one after the other as somebody would try them: from the cheapest up.
// Each gets a browser's page (or none) and says what came of it; `laboratory.mjs` counts.

import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { createRequire } from "node:module";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { EXECUTABLE, chromium, claimsOf, corpus, replay, root, startBrowser, startScreen, tickWords } from "../e2e/helpers.mjs";

const require = createRequire(import.meta.url);
const pause = (ms) => new Promise((resume) => setTimeout(resume, ms));
const FIELDS = [["#name", "Ada Lovelace"], ["#email", "ada@example.org"], ["#password", "correct horse"]];
const AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";
const VIEWPORT = { width: 1280, height: 800 };

/** Waits for what the page makes of it; runs in the page. */
async function outcome() {
  const widget = document.querySelector("vouchsafe-widget");
  for (let waited = 0; waited < 15_000; waited += 100) {
    const said = document.querySelector("#outcome:not([hidden])");
    const asked = widget.shadowRoot.querySelector(".step-up") !== null;
    if (said || asked) {
      const { score, reasons } = await widget.assess();
      const shown = said ? Number(document.querySelector("#score").textContent) / 100 : score;
      const against = reasons.filter(({ weight }) => weight < 0).sort((a, b) => a.weight - b.weight);
      return { accepted: said?.classList.contains("good") ?? false, asked, score: shown, reason: against[0]?.text };
    }
    await new Promise((resume) => setTimeout(resume, 100));
  }
  return { accepted: false, asked: false, reason: "nothing happened" };
}

/** What another detector would say of the same page: an expression, where a bench gives one. */
export const beside = { script: undefined };

/** What came of it; `world` is which of the page's worlds to look from. */
async function ended(page, ...world) {
  const told = beside.script && (await page.evaluate(beside.script, ...world));
  return { ...(await page.evaluate(outcome, ...world)), beside: told };
}

/** Puts values where they belong without an input event, as a script can. */
const fillSilently = (page) =>
  page.evaluate((fields) => fields.forEach(([id, value]) => (document.querySelector(id).value = value)), FIELDS);

/** With Playwright's browser. */
const inPlaywright = (options, attack) => async (url) => {
  const { browser, page: open } = await startBrowser(options);
  try {
    const page = await open({ viewport: VIEWPORT });
    await page.goto(url);
    await attack(page);
    return await ended(page);
  } finally {
    await browser.close();
  }
};

/** With Puppeteer's, plain or in disguise. */
const inPuppeteer = (disguised, attack) => async (url) => {
  let puppeteer = require("puppeteer-core");
  if (disguised) {
    puppeteer = require("puppeteer-extra").addExtra(puppeteer);
    puppeteer.use(require("puppeteer-extra-plugin-stealth")());
  }
  const browser = await puppeteer.launch({ executablePath: EXECUTABLE, headless: true, args: ["--no-sandbox", "--disable-gpu"], defaultViewport: VIEWPORT });
  try {
    const page = await browser.newPage();
    await page.goto(url);
    await attack(page);
    return await ended(page);
  } finally {
    await browser.close();
  }
};

/** Keys with pauses drawn as people's are: log-normal around 120 ms, held for about 80. */
async function typeLikeSomebody(keyboard, text) {
  const normal = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
  for (const key of text) {
    await keyboard.down(key);
    await pause(80 * Math.exp(0.25 * normal()));
    await keyboard.up(key);
    await pause(120 * Math.exp(0.45 * normal()));
  }
}

/** Keys as Playwright presses them when it is given a delay: the next one comes as soon as this one is let go. Now and then a pause. */
async function typeWithDelays(keyboard, text) {
  for (const key of text) {
    await keyboard.press(key, { delay: 40 + 80 * Math.random() });
    if (Math.random() < 0.08) await pause(150 + 250 * Math.random());
  }
}

/** No pointer at all. */
const onKeys = (type) =>
  inPlaywright({ automated: false }, async (page) => {
    await page.focus("#name");
    for (const [, text] of FIELDS) {
      await type(page.keyboard, text);
      await page.keyboard.press("Tab");
      await pause(200 + 300 * Math.random());
    }
    await page.keyboard.press("Enter");
    await page.evaluate(() => document.querySelector("#signup").requestSubmit());
  });

/** Middle of an element, give or take. */
async function somewhereIn(page, selector) {
  const box = await (await page.$(selector)).boundingBox();
  return { x: box.x + box.width * (0.3 + 0.4 * Math.random()), y: box.y + box.height * (0.3 + 0.4 * Math.random()) };
}

/** Moves along WindMouse's points at its own pace. */
async function windTo(page, from, to) {
  const WindMouse = require("windmouse").default ?? require("windmouse");
  const settings = { startX: from.x, startY: from.y, endX: to.x, endY: to.y, gravity: 9, wind: 3, minWait: 2, maxWait: 8, maxStep: 12, targetArea: 10 };
  const points = await new WindMouse(Math.floor(Math.random() * 10)).GeneratePoints(settings);
  let last = 0;
  for (const [x, y, time] of points) {
    await page.mouse.move(x, y);
    if (Number.isFinite(time)) await pause(Math.min(20, Math.max(0, time - last)));
    last = time ?? last;
  }
}

async function windAndType(page) {
  let at = { x: 100, y: 100 };
  for (const [id, text] of [...FIELDS, ["#submit"]]) {
    const to = await somewhereIn(page, id);
    await windTo(page, at, to);
    at = to;
    await page.mouse.down();
    await pause(60 + 60 * Math.random());
    await page.mouse.up();
    if (text) await typeLikeSomebody(page.keyboard, text);
  }
}

const people = corpus().filter(({ id }) => id.startsWith("human-pointer"));
let played = 0;

/** A recorded person moves and clicks, the fields fill themselves. */
async function playBack(page, trace) {
  await page.waitForFunction(() => document.querySelector("vouchsafe-widget").execute !== undefined);
  await page.$eval("vouchsafe-widget", (widget) => widget.execute());
  await replay(page, trace, { limit: 20_000 });
  await fillSilently(page);
  await page.evaluate(() => document.querySelector("#signup").requestSubmit());
}

const KEYSYMS = { " ": "space", "@": "at", ".": "period" };

/** Headed Chromium under Xvfb, whose pointer and keys xdotool moves: no debugging protocol touches the page's input. */
const onScreen = (move, type) => async (url) => {
  const screen = await startScreen({ width: 1280, height: 800 }, require("patchright-core").chromium);
  try {
    const { page, xdotool: x } = screen;
    await page.goto(url);
    await pause(800);
    const [left, top] = await screen.origin();
    const target = async (id) => {
      const { x, y } = await somewhereIn(page, id);
      return { x: Math.round(left + x), y: Math.round(top + y) };
    };
    let at = { x: 300, y: 300 };
    for (const [id, text] of [...FIELDS, ["#submit"]]) {
      const to = await target(id);
      await move(x, at, to);
      at = to;
      await x("click", "1");
      if (text) await type(x, text);
    }
    return await ended(page, undefined, {}, false);
  } finally {
    await screen.close();
  }
};

/** A clip before the camera, on the page that doubts everybody. */
const beforeCamera = (clip) => async (url) => {
  const args = ["--disable-gpu", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", `--use-file-for-fake-video-capture=${join(clips, `${clip}.mjpeg`)}`];
  const browser = await chromium.launch({ executablePath: EXECUTABLE, args, chromiumSandbox: false });
  try {
    const page = await browser.newPage({ viewport: VIEWPORT });
    await page.goto(`${url}/doubt.html`);
    await page.click("#submit");
    const panel = page.locator(".step-up");
    await panel.getByRole("radio", { name: "Camera" }).check();
    await panel.getByRole("button", { name: "Use the camera" }).click();
    await page.waitForFunction(
      () => {
        const face = document.querySelector("vouchsafe-widget").shadowRoot.querySelector("vouchsafe-face");
        return !face || ["refused", "trouble"].includes(face.dataset.phase);
      },
      undefined,
      { timeout: 120_000 },
    );
    const said = await panel.locator("vouchsafe-face").getByRole("status").first().textContent({ timeout: 1000 }).catch(() => "");
    await page.locator("#outcome.good").waitFor({ timeout: 2000 }).catch(() => undefined);
    const accepted = (await page.locator("#outcome.good").count()) > 0;
    return { accepted, asked: !accepted, reason: said.trim() || undefined };
  } finally {
    await browser.close();
  }
};

const base64url = (bytes) => Buffer.from(bytes).toString("base64url");
const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();

/** A visitor of one's own: a key, its thumbprint, and what it signs. */
function visitor() {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const { x } = publicKey.export({ format: "jwk" });
  const jwk = { crv: "Ed25519", kty: "OKP", x };
  const thumbprint = sha256(JSON.stringify(jwk));
  const header = base64url(JSON.stringify({ alg: "EdDSA", typ: "vouchsafe+jws", jwk }));
  const seal = (claims) => {
    const signed = `${header}.${base64url(JSON.stringify(claims))}`;
    return `${signed}.${base64url(sign(null, Buffer.from(signed), privateKey))}`;
  };
  return { thumbprint, seal };
}

/** Proof of work as docs/protocol.md says, in plain JavaScript. */
function work(token, { thumbprint }) {
  const { difficulty } = JSON.parse(Buffer.from(token.split(".")[0], "base64url"));
  const seed = sha256("vouchsafe work v1\0", token, "\0", thumbprint);
  const answer = Buffer.alloc(64);
  for (let i = 0; i < 16; i++) {
    for (let n = 0; ; n++) {
      answer.writeUInt32LE(n, i * 4);
      const hash = sha256(seed, Buffer.from([i]), answer.subarray(i * 4, i * 4 + 4));
      if (Math.clz32(hash.readUInt32BE(0)) >= difficulty) break;
    }
  }
  return base64url(answer);
}

async function hand(url, voucher) {
  const response = await fetch(`${url}/demo/signup`, { method: "POST", body: new URLSearchParams({ "vouchsafe-response": voucher }) });
  const { accepted, verification } = await response.json();
  const [code] = verification["error-codes"];
  return { accepted, asked: code === "challenge-required", score: verification.score, reason: accepted ? undefined : (verification.error ?? code) };
}

async function challengeOf(url) {
  const response = await fetch(`${url}/challenge?sitekey=demo&hostname=localhost&action=signup`);
  return (await response.json()).challenge;
}

/** Claims for a fresh challenge: an honest visitor's, with other evidence. */
async function claimsFor(url, me, { evidence, score, verdict, signals, model, build }) {
  const challenge = await challengeOf(url);
  const { iat, sitekey } = JSON.parse(Buffer.from(challenge.split(".")[0], "base64url"));
  return {
    iss: base64url(me.thumbprint), aud: sitekey, iat, exp: iat + 300, jti: base64url(randomBytes(16)), challenge,
    work: work(challenge, me), hostname: "localhost", action: "signup", score, verdict, signals, evidence, build, model,
  };
}

/** A voucher that a recorded person's visit earned, not handed in yet. */
async function earned(url) {
  const { browser, page: open } = await startBrowser({ automated: false });
  try {
    const page = await open({ viewport: VIEWPORT });
    await page.goto(url);
    await page.waitForFunction(() => document.querySelector("vouchsafe-widget").execute !== undefined);
    await page.$eval("vouchsafe-widget", (widget) => widget.execute());
    await replay(page, people[played++ % people.length], { limit: 12_000 });
    return await page.$eval("vouchsafe-widget", (widget) => widget.voucher);
  } finally {
    await browser.close();
  }
}

export const attacks = [
  {
    name: "Playwright as it comes",
    session: inPlaywright({}, async (page) => {
      for (const [id, text] of FIELDS) await page.fill(id, text);
      await page.click("#submit");
    }),
  },
  {
    name: "Playwright, flag hidden, clicks and types at once",
    session: inPlaywright({ automated: false }, async (page) => {
      for (const [id, text] of FIELDS) {
        await page.click(id);
        await page.keyboard.type(text);
      }
      await page.click("#submit");
    }),
  },
  {
    name: "Puppeteer as it comes",
    session: inPuppeteer(false, async (page) => {
      for (const [id, text] of FIELDS) await page.type(id, text);
      await page.click("#submit");
    }),
  },
  {
    name: "Puppeteer with the stealth plugin, delays",
    session: inPuppeteer(true, async (page) => {
      for (const [id, text] of FIELDS) {
        await page.click(id, { delay: 80 });
        await page.type(id, text, { delay: 90 });
      }
      await page.click("#submit", { delay: 80 });
    }),
  },
  {
    name: "Stealth plugin, ghost-cursor, humanised typing",
    session: inPuppeteer(true, async (page) => {
      const cursor = require("ghost-cursor").createCursor(page);
      for (const [id, text] of [...FIELDS, ["#submit"]]) {
        await cursor.click(id, { waitForClick: 80 });
        if (text) await typeLikeSomebody(page.keyboard, text);
      }
    }),
  },
  { name: "Stealth plugin, WindMouse, humanised typing", session: inPuppeteer(true, windAndType) },
  {
    name: "Patchright, WindMouse, humanised typing",
    session: async (url) => {
      const { chromium } = require("patchright-core");
      const browser = await chromium.launch({ executablePath: EXECUTABLE, args: ["--disable-gpu"], chromiumSandbox: false });
      try {
        const page = await browser.newPage({ viewport: VIEWPORT, userAgent: AGENT });
        await page.goto(url);
        await windAndType(page);
        return await ended(page, undefined, {}, false);
      } finally {
        await browser.close();
      }
    },
  },
  {
    name: "Playwright, flag hidden, cloakbrowser's hand and keys",
    session: inPlaywright({ automated: false }, async (page) => {
      const { patchContext, resolveConfig } = await import("cloakbrowser/human");
      patchContext(page.context(), resolveConfig("default"));
      for (const [id, text] of FIELDS) {
        await page.click(id);
        await page.type(id, text);
      }
      await page.click("#submit");
    }),
  },
  { name: "Keys only: Tab, humanised typing, Enter", session: onKeys(typeLikeSomebody) },
  { name: "Keys only: Tab, Playwright's typing with delays drawn anew, Enter", session: onKeys(typeWithDelays) },
  {
    name: "Headed under Xvfb, the system's pointer in straight lines",
    needs: ["Xvfb", "xdotool"],
    session: onScreen(async (x, from, to) => {
      for (let step = 1; step <= 25; step++) {
        await x("mousemove", Math.round(from.x + ((to.x - from.x) * step) / 25), Math.round(from.y + ((to.y - from.y) * step) / 25));
      }
    }, (x, text) => x("type", "--delay", "110", text)),
  },
  {
    name: "Headed under Xvfb, the system's pointer along WindMouse, humanised keys",
    needs: ["Xvfb", "xdotool"],
    session: onScreen(async (x, from, to) => {
      const moves = [];
      await windTo({ mouse: { move: async (px, py) => moves.push([Math.round(px), Math.round(py)]) } }, from, to);
      for (const [px, py] of moves) await x("mousemove", px, py);
    }, (x, text) => typeLikeSomebody({ down: (key) => x("keydown", KEYSYMS[key] ?? key), up: (key) => x("keyup", KEYSYMS[key] ?? key) }, text)),
  },
  {
    name: "A recorded person played back through the debugging protocol",
    session: inPlaywright({ automated: false }, (page) => playBack(page, people[played++ % people.length])),
  },
  {
    name: "The same recording every time",
    session: inPlaywright({ automated: false }, (page) => playBack(page, people[0])),
  },
  {
    name: "A voucher handed in twice",
    session: async (url) => {
      const voucher = await earned(url);
      await hand(url, voucher);
      return hand(url, voucher);
    },
  },
  {
    name: "A voucher's score edited, signed with a key of one's own",
    session: async (url) => {
      const me = visitor();
      const claims = claimsOf(await earned(url));
      return hand(url, me.seal({ ...claims, iss: base64url(me.thumbprint), score: 0.99, verdict: "human" }));
    },
  },
  {
    name: "Somebody's evidence under a fresh challenge, no browser",
    session: async (url) => {
      const voucher = await earned(url);
      await hand(url, voucher);
      const me = visitor();
      const claims = await claimsFor(url, me, claimsOf(voucher));
      // Evidence cannot be older than its challenge and half a minute.
      claims.iat += 1;
      return hand(url, me.seal(claims));
    },
  },
  {
    name: "An empty voucher made without a browser",
    session: async (url) => {
      const me = visitor();
      const { build, model } = claimsOf(await earnedOnce(url));
      const nothing = { evidence: { span_ms: 0 }, score: 0.5, verdict: "uncertain", signals: {}, build, model };
      const started = performance.now();
      const answer = await hand(url, me.seal(await claimsFor(url, me, nothing)));
      return { ...answer, seconds: (performance.now() - started) / 1000 };
    },
  },
  {
    name: "Playwright, flag hidden, and a program for the word puzzles",
    session: inPlaywright({ automated: false }, async (page) => {
      for (const [id, text] of FIELDS) {
        await page.click(id);
        await page.keyboard.type(text);
      }
      await page.click("#submit");
      for (let round = 0; round < 3 && (await page.locator(".step-up").waitFor({ timeout: 3000 }).then(() => true, () => false)); round++) {
        await page.locator(".step-up").getByRole("radio", { name: "Words" }).check();
        await page.locator(".step-up .words").waitFor();
        await tickWords(page.locator(".step-up"));
        await page.locator(".step-up").getByRole("button", { name: "Check", exact: true }).click();
        await page.waitForFunction(() => document.querySelector("#outcome:not([hidden])") || !/moment/.test(document.querySelector("vouchsafe-widget").shadowRoot.querySelector(".said")?.textContent ?? "moment"), undefined, { timeout: 5000 }).catch(() => undefined);
      }
    }),
  },
];

/** Made from a photograph by the native tests (`tests/face`). */
const clips = join(root, "target/clips");
for (const [clip, name] of [
  ["photograph", "A photograph before the camera"],
  ["screen", "A screen that shows a recording before the camera"],
  ["swap", "Another face half-way through the camera check"],
]) {
  const missing = () => (existsSync(join(clips, `${clip}.mjpeg`)) ? undefined : "the clip has not been made: cargo xtask test native");
  attacks.push({ name, missing, session: beforeCamera(clip) });
}

let once;
const earnedOnce = (url) => (once ??= earned(url));
