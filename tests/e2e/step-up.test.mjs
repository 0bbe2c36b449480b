// What somebody is asked who is doubted, each way to its end, in a real Chromium.

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { EXECUTABLE, asking, chromium as launcher, claimsOf, errorsOf, nonceAsking, root, startBrowser, startServer, tickWords, violations } from "./helpers.mjs";

const secret = Buffer.alloc(32, 7);
const clip = join(root, "target/clips/live.mjpeg");
const shots = join(root, "target/screenshots");
let server, chromium;
before(async () => {
  mkdirSync(shots, { recursive: true });
  server = await startServer({ config: `address_limit = 0\nchallenge_secrets = ["${secret.toString("base64url")}"]\n` });
  chromium = await startBrowser({ automated: false });
});
after(async () => {
  await chromium?.browser.close();
  await server?.stop();
});

/** `logged`: what the browser may log as an error, since requests are meant to fail. */
async function visit(work, { path = "doubt.html", logged, ...options } = {}) {
  const page = await chromium.page({ viewport: { width: 1100, height: 1000 }, ...options });
  const errors = errorsOf(page);
  try {
    await page.goto(`${server.url}/${path}`);
    await page.waitForFunction(() => document.querySelector("vouchsafe-widget").state !== undefined);
    await work(page);
    assert.deepEqual(errors.filter((error) => !logged?.test(error)), []);
  } finally {
    await page.close();
  }
}

const panel = (page) => page.locator("vouchsafe-widget .step-up");
const state = (page) => page.$eval("vouchsafe-widget", (widget) => widget.state);
const languages = join(root, "www/languages/challenges");
const choose = (page, name) => panel(page).getByRole("radio", { name }).check();

/** Gives the widget a language, and waits for its texts. */
async function speaking(page, tag) {
  await page.$eval("vouchsafe-widget", (widget, tag) => {
    widget.dataset.language = tag;
    widget.parentElement.insertBefore(widget, widget.nextSibling);
  }, tag);
  const [language] = tag.split("-");
  await page.waitForFunction((language) => document.querySelector("vouchsafe-widget").shadowRoot.querySelector(".box").lang === language, language);
}

/** Sends the form; the panel opens by itself. */
async function send(page) {
  await page.click("#submit");
  await panel(page).waitFor();
  assert.equal(await state(page), "challenged");
}

/** Does `act` until the form has gone: one puzzle, or two where Playwright's hand lowers the score meanwhile. */
async function passed(page, way, act) {
  const puzzle = () => page.$eval("vouchsafe-widget", (widget) => (window.shown = widget.shadowRoot.querySelector(".puzzle")?.firstChild));
  for (let tries = 0; tries < 4; tries++) {
    await panel(page).locator(".puzzle > *").waitFor();
    await puzzle();
    await act();
    await page.waitForFunction(() => {
      const now = document.querySelector("vouchsafe-widget").shadowRoot.querySelector(".puzzle")?.firstChild;
      return document.querySelector("#outcome.good, #outcome.bad") || (now && now !== window.shown);
    });
    if (await page.$("#outcome:not([hidden])")) break;
  }
  await page.waitForSelector("#outcome.good");
  assert.match(await page.textContent("#said"), new RegExp(way));
}

async function hold(page) {
  await panel(page).locator(".pad").hover();
  await page.mouse.down();
  await panel(page).locator(".pad[data-held=cue]").waitFor();
  await page.waitForTimeout(250);
  await page.mouse.up();
}

describe("each way leads in", () => {
  test("words, with nothing but the keyboard", async () => {
    await visit(async (page) => {
      await page.focus("#to");
      await page.keyboard.press("Enter");
      await panel(page).waitFor();
      // No pointer was seen: what needs no sight comes first.
      await panel(page).locator(".words").waitFor();
      const heading = await page.$eval("vouchsafe-widget", (widget) => widget.shadowRoot.activeElement?.textContent);
      assert.equal(heading, "One more step", "the focus is where the question begins");
      await passed(page, "words", async () => {
        await tickWords(panel(page));
        await panel(page).getByRole("button", { name: "Check", exact: true }).press("Enter");
      });
    });
  });

  for (const [tag, language, title, check] of [["de-AT", "de", "Noch ein Schritt", "Prüfen"], ["ar", "ar", "خطوة أخرى", "تحقق"]]) {
    test(`words, asked in the language of the page: ${tag}`, async () => {
      await visit(async (page) => {
        await speaking(page, tag);
        await send(page);
        await panel(page).getByText(title).waitFor();
        assert.equal(await panel(page).getAttribute("dir"), language === "ar" ? "rtl" : "ltr");
        const { names } = JSON.parse(readFileSync(join(languages, `${language}.json`), "utf8"));
        await choose(page, names.question);
        assert.equal(await panel(page).locator(".words").getAttribute("lang"), language);
        await page.screenshot({ path: join(shots, `step-up-words-${language}.png`), fullPage: true });
        assert.deepEqual(await violations(page), []);
        await passed(page, "words", async () => {
          await tickWords(panel(page), language);
          await panel(page).getByRole("button", { name: check, exact: true }).press("Enter");
        });
      });
    });
  }

  test("asked in English where there are no texts, or they are out of reach", async () => {
    for (const [tag, out] of [["is", false], ["fr", true]]) {
      await visit(
        async (page) => {
          if (out) await page.route("**/languages/challenges/*", (route) => route.abort());
          await speaking(page, tag);
          await send(page);
          await panel(page).getByText("One more step").waitFor();
          assert.equal(await panel(page).getAttribute("lang"), "en");
        },
        { logged: /ERR_FAILED/ },
      );
    }
  });

  test("holding a button: with the mouse, with the space bar, and pressed twice", async () => {
    for (const way of ["mouse", "space", "twice"]) {
      await visit(async (page) => {
        await send(page);
        await choose(page, "Hold a button");
        const pad = panel(page).locator(".pad");
        await passed(page, "holding a button", async () => {
          if (way === "mouse") return hold(page);
          await pad.focus();
          await page.keyboard.down("Space");
          if (way === "twice") await page.keyboard.up("Space");
          await panel(page).locator(".pad[data-held=cue]").waitFor();
          assert.match(await panel(page).locator(".said").textContent(), way === "twice" ? /Press now/ : /Let go now/);
          await page.waitForTimeout(250);
          await page.keyboard[way === "twice" ? "press" : "up"]("Space");
        });
      });
    }
  });

  test("let go too soon, nothing is lost", async () => {
    await visit(async (page) => {
      await send(page);
      await choose(page, "Hold a button");
      const pad = panel(page).locator(".pad");
      await pad.hover();
      await page.mouse.down();
      await page.waitForTimeout(800);
      await page.mouse.up();
      assert.match(await panel(page).locator(".said").textContent(), /too soon/);
      await passed(page, "holding a button", () => hold(page));
    });
  });

  test("pictures: chosen with the mouse, and with keys", async () => {
    for (const way of ["mouse", "keys"]) {
      await visit(async (page) => {
        await send(page);
        await choose(page, "Pictures");
        await passed(page, "pictures", async () => {
          await panel(page).locator(".picture").nth(8).waitFor();
          for (const at of await page.$eval("vouchsafe-widget", whereTheDotIsInside)) {
            const picture = panel(page).locator(".picture").nth(at);
            if (way === "mouse") await picture.click();
            else await picture.press("Space");
            assert.equal(await picture.getAttribute("aria-pressed"), "true");
          }
          await panel(page).getByRole("button", { name: "Check", exact: true }).press("Enter");
        });
      });
    }
  });

  test("the puzzle piece: dragged, and moved by keys; how it is dragged is judged too", async () => {
    for (const way of ["drag", "keys"]) {
      await visit(async (page) => {
        const sent = page.waitForRequest((request) => request.method() === "POST" && request.postData()?.includes("vouchsafe-response"));
        await send(page);
        await choose(page, "Puzzle piece");
        await passed(page, "the puzzle piece", async () => {
          const piece = panel(page).locator(".piece");
          await piece.waitFor();
          const board = await panel(page).locator(".board").boundingBox();
          const [x, y] = await page.$eval("vouchsafe-widget", whereItFits);
          if (way === "drag") {
            const scale = board.width / 300;
            const from = await piece.boundingBox();
            const [grip, drop] = [{ x: from.x + 20, y: from.y + 20 }, { x: board.x + x * scale + 20, y: board.y + y * scale + 20 }];
            await page.mouse.move(grip.x, grip.y);
            await page.mouse.down();
            // Not at once: over the place, and back to it.
            for (const beyond of [25, -8, 0]) {
              await page.mouse.move(drop.x + beyond, drop.y + beyond, { steps: 12 });
              await page.waitForTimeout(300);
            }
            await page.mouse.up();
          } else {
            await piece.focus();
            const go = async (delta, [less, more]) => {
              for (let i = 0; i < Math.floor(Math.abs(delta) / 10); i++) await page.keyboard.press(`Shift+${delta < 0 ? less : more}`);
              for (let i = 0; i < Math.abs(delta) % 10; i++) await page.keyboard.press(delta < 0 ? less : more);
            };
            await go(x - 8, ["ArrowLeft", "ArrowRight"]);
            await go(y - 8, ["ArrowUp", "ArrowDown"]);
          }
          await panel(page).getByRole("button", { name: "Check", exact: true }).press("Enter");
        });
        const { evidence } = claimsOf(new URLSearchParams((await sent).postData()).get("vouchsafe-response"));
        assert.equal(typeof evidence.pointer, way === "drag" ? "string" : "undefined", JSON.stringify(Object.keys(evidence)));
      });
    }
  });

  test("the camera is offered, and nothing is fetched for it before it is chosen", async () => {
    await visit(async (page) => {
      const fetched = [];
      page.on("request", (request) => fetched.push(new URL(request.url()).pathname));
      await send(page);
      assert.deepEqual(fetched.filter((path) => /face|onnx/.test(path)), []);
      await choose(page, "Camera");
      await panel(page).locator("vouchsafe-face").waitFor();
      assert.ok(fetched.some((path) => path.endsWith("/face.js")));
      assert.deepEqual(fetched.filter((path) => path.endsWith(".onnx")), [], "no model before the click on its own button");
      await panel(page).getByRole("button", { name: "Continue without a camera" }).click();
      await panel(page).locator(".words").waitFor();
    });
  });
});

test("a living face before the camera leads in", { skip: !existsSync(clip) && "no clip yet: cargo xtask test native" }, async () => {
  const args = ["--disable-gpu", "--use-fake-device-for-media-stream", `--use-file-for-fake-video-capture=${clip}`];
  const seeing = await launcher.launch({ executablePath: EXECUTABLE, args, chromiumSandbox: false });
  try {
    const context = await seeing.newContext({ permissions: ["camera"] });
    // A challenge that asks for what the clip shows: only who knows the server's secret can make one.
    await context.route("**/challenge?*", async (route) => {
      const { challenge } = await (await route.fetch()).json();
      await route.fulfill({ json: { challenge: asking(challenge, nonceAsking("open-mouth", "blink", "turn-left"), secret) } });
    });
    const page = await context.newPage();
    await page.goto(`${server.url}/doubt.html`);
    await send(page);
    await choose(page, "Camera");
    for (let tries = 0; tries < 3 && !(await page.$("#outcome.good")); tries++) {
      // The third attempt asks for other movements than the clip has: begin anew.
      if (tries === 2) {
        await choose(page, "Words");
        await choose(page, "Camera");
      }
      await panel(page).getByRole("button", { name: /Use the camera|Try again/ }).click();
      await page.waitForFunction(
        () => document.querySelector("#outcome.good") || document.querySelector("vouchsafe-widget").shadowRoot.querySelector("vouchsafe-face")?.dataset.phase === "refused",
        undefined,
        { timeout: 80_000 },
      );
    }
    await page.locator("#outcome.good").waitFor();
    assert.match(await page.textContent("#said"), /the camera/);
  } finally {
    await seeing.close();
  }
});

describe("what does not lead in", () => {
  test("three wrong answers end it, and the form can be sent again", async () => {
    await visit(async (page) => {
      await send(page);
      await choose(page, "Pictures");
      for (const said of [/Tries left: 2/, /Tries left: 1/, /start again/]) {
        await panel(page).locator(".pictures").waitFor();
        // All nine are never right.
        for (const picture of await panel(page).locator(".picture").all()) await picture.click();
        await panel(page).getByRole("button", { name: "Check", exact: true }).click();
        await panel(page).locator(".said").filter({ hasText: said }).waitFor();
      }
      await panel(page).waitFor({ state: "detached" });
      assert.equal(await page.isHidden("#outcome"), true, "nothing was sent");
      await send(page);
    }, { logged: /429/ });
  });

  test("Escape and \u201cNot now\u201d close it; nothing was sent", async () => {
    await visit(async (page) => {
      const sent = [];
      page.on("request", (request) => request.url().endsWith("/demo/doubt") && sent.push(request.url()));
      for (const leave of [() => page.keyboard.press("Escape"), () => panel(page).getByRole("button", { name: "Not now" }).click()]) {
        await send(page);
        await leave();
        await panel(page).waitFor({ state: "detached" });
        assert.notEqual(await state(page), "challenged");
      }
      assert.deepEqual(sent, []);
    });
  });

  test("a page that sends the voucher without the challenge is told so", async () => {
    await visit(async (page) => {
      await page.waitForFunction(() => document.querySelector("vouchsafe-widget").execute().then(() => true));
      const answer = await page.evaluate(async () => {
        const body = new URLSearchParams({ "vouchsafe-response": document.querySelector("vouchsafe-widget").voucher });
        return (await fetch("demo/doubt", { method: "POST", body })).json();
      });
      assert.deepEqual([answer.accepted, answer.verification["error-codes"]], [false, ["challenge-required"]]);
    }, { logged: /403/ });
  });

  test("a lost connection is said, and trying again goes on", async () => {
    await visit(async (page) => {
      await page.route("**/step-up", (route) => route.abort(), { times: 1 });
      await page.click("#submit");
      await panel(page).locator(".said").filter({ hasText: "No connection" }).waitFor();
      await panel(page).getByRole("button", { name: "Try again" }).click();
      await panel(page).getByRole("button", { name: "Check", exact: true }).waitFor();
    }, { logged: /ERR_FAILED/ });
  });
});

test("a program on the sign-up page is asked for more than it has, and a person is not asked", async () => {
  await visit(
    async (page) => {
      for (const [id, text] of [["#name", "Robot"], ["#email", "robot@example.org"], ["#password", "correct horse"]]) {
        await page.click(id);
        await page.keyboard.type(text);
      }
      await page.click("#submit");
      await panel(page).waitFor();
      assert.equal(await page.isHidden("#outcome"), true);
    },
    { path: "" },
  );
});

describe("it can be used and looks right", () => {
  for (const colorScheme of ["light", "dark"]) {
    for (const [name, viewport] of [["wide", { width: 1100, height: 1000 }], ["narrow", { width: 340, height: 900 }]]) {
      test(`no fault that axe-core knows (${colorScheme}, ${name})`, async () => {
        await visit(
          async (page) => {
            await send(page);
            for (const way of ["Pictures", "Puzzle piece", "Words", "Hold a button", "Camera"]) {
              await choose(page, way);
              await panel(page).locator(":is(.pictures, .board, .words, .pad, vouchsafe-face)").waitFor();
              assert.deepEqual(await violations(page), [], way);
              const width = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
              assert.ok(width <= 0, `${way}: ${width} px too wide`);
              await page.screenshot({ path: join(shots, `step-up-${way.split(" ")[0].toLowerCase()}-${colorScheme}-${name}.png`), fullPage: true });
            }
          },
          { viewport, colorScheme },
        );
      });
    }
  }
});

/** Closes the gaps of each line and pours out of the dot, as a person sees it; runs in the page. */
function whereTheDotIsInside(widget) {
  const isInside = (canvas) => {
    const side = canvas.width;
    const { data } = canvas.getContext("2d").getImageData(0, 0, side, side);
    const luma = Array.from({ length: side * side }, (_, i) => 0.3 * data[4 * i] + 0.6 * data[4 * i + 1] + 0.1 * data[4 * i + 2]);
    const paper = luma.toSorted((a, b) => a - b)[luma.length >> 1];
    const furthest = Math.max(...luma.map((value) => Math.abs(value - paper)));
    const ink = luma.map((value) => Math.abs(value - paper) * 2 > furthest);
    const disc = (i, radius) => {
      const found = [];
      for (let dy = -radius; dy <= radius; dy++) {
        for (let dx = -radius; dx <= radius; dx++) {
          const [x, y] = [(i % side) + dx, Math.floor(i / side) + dy];
          if (dx * dx + dy * dy <= radius * radius && x >= 0 && y >= 0 && x < side && y < side) found.push(y * side + x);
        }
      }
      return found;
    };
    // Lines are thinner than the dot.
    const solid = [...ink.keys()].filter((i) => disc(i, 3).every((near) => ink[near]));
    const middle = (of) => Math.round(solid.reduce((sum, i) => sum + of(i), 0) / solid.length);
    const [x, y] = [middle((i) => i % side), middle((i) => Math.floor(i / side))];
    const wall = new Set();
    for (const i of ink.keys()) {
      if (ink[i] && ((i % side) - x) ** 2 + (Math.floor(i / side) - y) ** 2 > 49) for (const near of disc(i, 3)) wall.add(near);
    }
    const open = [y * side + x];
    for (let i = open.pop(); i !== undefined; i = open.pop()) {
      if (wall.has(i)) continue;
      wall.add(i);
      const [x, y] = [i % side, Math.floor(i / side)];
      if (x === 0 || y === 0 || x === side - 1 || y === side - 1) return false;
      open.push(i - 1, i + 1, i - side, i + side);
    }
    return true;
  };
  return [...widget.shadowRoot.querySelectorAll(".picture canvas")].flatMap((canvas, at) => (isInside(canvas) ? [at] : []));
}

/** Looks for the piece's outline on the board, as a person sees it; runs in the page. */
function whereItFits(widget) {
  const [ground, front] = widget.shadowRoot.querySelectorAll(".board canvas");
  const data = (canvas) => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  const [board, piece] = [data(ground), data(front)];
  const side = front.width;
  const covers = (x, y) => x >= 0 && y >= 0 && x < side && y < side && piece[(y * side + x) * 4 + 3] > 127;
  const [edge, inner] = [[], []];
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      if (!covers(x, y)) continue;
      const whole = covers(x + 1, y) && covers(x - 1, y) && covers(x, y + 1) && covers(x, y - 1);
      if (!whole) edge.push([x, y]);
      else if ((x + y) % 2 === 0) inner.push([x, y]);
    }
  }
  const mean = (points, left, top) => {
    let sum = 0;
    for (const [x, y] of points) {
      const at = ((top + y) * ground.width + left + x) * 4;
      sum += 0.3 * board[at] + 0.6 * board[at + 1] + 0.1 * board[at + 2];
    }
    return sum / points.length;
  };
  let best = [-Infinity, 0, 0];
  for (let top = 0; top <= ground.height - side; top++) {
    for (let left = 0; left <= ground.width - side; left++) {
      const score = mean(edge, left, top) - mean(inner, left, top);
      if (score > best[0]) best = [score, left, top];
    }
  }
  return best.slice(1);
}
