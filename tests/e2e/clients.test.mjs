// Clients that nobody here wrote, and the examples, with vouchers from a real browser.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
import { corpus, replay, root, startBrowser, startServer } from "./helpers.mjs";

const secret = "the secret of the demo site, for clients";
const python = process.env.VOUCHSAFE_TEST_PYTHON ?? "python3";

describe("clients of other services", () => {
  let server, browser, page;
  before(async () => {
    const config = `
      receipt_keys = ["${Buffer.alloc(32, 7).toString("base64url")}"]
      issuer = "https://vouchsafe.example.org"
      novelty_entries = 0 # one page makes all the vouchers
      address_limit = 0
      [[site]]
      sitekey = "demo"
      secret = "${secret}"
      hostnames = ["localhost"]
      min_score = 0.0
    `;
    server = await startServer({ config });
    browser = await startBrowser();
    page = await browser.page();
    await page.goto(server.url);
    await page.waitForFunction(() => customElements.get("vouchsafe-widget"));
  });
  after(async () => {
    await browser?.browser.close();
    await server?.stop();
  });

  const voucher = () =>
    page.$eval("vouchsafe-widget", async (widget) => {
      widget.reset();
      await widget.execute();
      return widget.voucher;
    });
  const siteverify = async (response) => {
    const answer = await fetch(`${server.url}/siteverify`, { method: "POST", body: new URLSearchParams({ secret, response }) });
    return answer.json();
  };

  test("packages from npm accept a voucher once and nothing else", async () => {
    const { clients } = await import("../clients/clients.mjs");
    for (const [name, accepts] of Object.entries(clients(server.url, secret))) {
      const good = await voucher();
      assert.equal(await accepts("forged"), false, name);
      assert.equal(await accepts(good), true, name);
      assert.equal(await accepts(good), false, `${name}, again`);
    }
  });

  test("packages from PyPI accept a voucher once and nothing else", async () => {
    const child = spawn(python, [join(root, "tests/clients/clients.py"), server.url, secret], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const answers = createInterface(child.stdout)[Symbol.asyncIterator]();
    const accepts = async (client, voucher) => {
      child.stdin.write(JSON.stringify({ client, voucher }) + "\n");
      const { value, done } = await answers.next();
      assert.equal(done, false, `${client} ended the program`);
      return JSON.parse(value).accepted;
    };
    for (const name of ["django-recaptcha", "django-turnstile", "django-hcaptcha", "flask-wtf", "flask-xcaptcha"]) {
      const good = await voucher();
      assert.equal(await accepts(name, "forged"), false, name);
      assert.equal(await accepts(name, good), true, name);
      assert.equal(await accepts(name, good), false, `${name}, again`);
    }
    const good = await voucher();
    assert.equal(await accepts("pyjwt", good), true, "a voucher");
    const { receipt } = await siteverify(good);
    assert.equal(await accepts("pyjwt", receipt), true, "a receipt");
    assert.equal(await accepts("pyjwt", receipt.slice(0, -4) + "AAAA"), false, "a forged receipt");
    child.stdin.end();
    await once(child, "exit");
  });

  test("a JOSE library checks vouchers and receipts", async () => {
    const { jose } = await import("../clients/clients.mjs");
    const good = await voucher();
    assert.equal((await jose.voucher(good)).aud, "demo");
    const [header, payload, signature] = good.split(".");
    await assert.rejects(jose.voucher([header, payload.slice(0, -4) + "AAAA", signature].join(".")));
    const { receipt } = await siteverify(good);
    const expected = { issuer: "https://vouchsafe.example.org", audience: "demo" };
    const claims = await jose.receipt(receipt, server.url, expected);
    assert.equal(claims.hostname, "localhost");
    await assert.rejects(jose.receipt(receipt, server.url, { ...expected, audience: "another" }));
    await assert.rejects(jose.receipt(good, server.url, expected), "a voucher is no receipt");
  });
});

describe("the examples", () => {
  let browser;
  before(async () => {
    browser = await startBrowser({ automated: false });
  });
  after(() => browser?.browser.close());

  /** Starts a program; resolves to the address it prints. */
  async function start(program, args, env, options = {}) {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, ...env }, ...options });
    for await (const line of createInterface(child.stdout)) {
      const address = /http:\/\/[\w.]+:\d+\//.exec(line);
      if (address) return { url: address[0].replace("127.0.0.1", "localhost"), stop: () => child.kill("SIGKILL") };
    }
    throw new Error(`${program} ended early`);
  }

  /** A visitor fills in the form; then the same voucher is sent again, and none at all. */
  async function subscribes(url) {
    const page = await browser.page({ viewport: { width: 1000, height: 700 } });
    const problems = [];
    page.on("pageerror", (error) => problems.push(error.message));
    await page.goto(url);
    await page.waitForFunction(() => customElements.get("vouchsafe-widget"));
    const person = corpus().find((trace) => trace.id === "human-pointer-2");
    await page.$eval("vouchsafe-widget", (widget) => widget.execute());
    await replay(page, person, { limit: 5000 });
    await page.fill("input[type=email]", "ada@example.org");
    const fields = await page.$eval("form", (form) => Object.fromEntries(new FormData(form)));
    assert.deepEqual(problems, []);
    assert.match(fields["vouchsafe-response"] ?? "", /^[\w-]+\.[\w-]+\.[\w-]+$/);
    const send = (fields) =>
      page.evaluate(async (fields) => {
        const response = await fetch("/subscribe", { method: "POST", body: new URLSearchParams(fields) });
        return [response.status, await response.text()];
      }, fields);
    const none = await send({ ...fields, "vouchsafe-response": "" });
    assert.equal(none[0], 403, none[1]);
    const first = await send(fields);
    assert.deepEqual([first[0], /^Subscribed \(score /.test(first[1])], [200, true], first[1]);
    const again = await send(fields);
    assert.deepEqual(again, [403, "Not accepted: replayed"]);
    await page.close();
  }

  test("Express, with the npm package as verifier", async () => {
    const env = { CHALLENGE_SECRET: Buffer.alloc(32, 1).toString("base64url"), PORT: "0" };
    const example = await start(process.execPath, ["server.js"], env, { cwd: join(root, "examples/express") });
    await subscribes(example.url);
    example.stop();
  });

  test("Axum, with the crate as verifier", async () => {
    const env = { CHALLENGE_SECRET: "a secret of the example's own", PORT: "0", VOUCHSAFE_DIST: join(root, "www/dist") };
    const example = await start(join(root, "target/debug/vouchsafe-example-axum"), [], env);
    await subscribes(example.url);
    example.stop();
  });

  test("Django, with a Vouchsafe server on another origin", async () => {
    const config = `[[site]]\nsitekey = "my-site"\nsecret = "${secret}"\nhostnames = ["localhost"]`;
    const server = await startServer({ config });
    const env = { VOUCHSAFE_URL: server.url, VOUCHSAFE_SECRET: secret, PYTHONUNBUFFERED: "1" };
    const port = 20_000 + (process.pid % 20_000);
    const args = ["examples/django/app.py", "runserver", "--noreload", `localhost:${port}`];
    const example = await start(python, args, env, { cwd: root });
    await subscribes(example.url);
    example.stop();
    await server.stop();
  });
});
