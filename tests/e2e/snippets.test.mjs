// What the demo and the README tell people to copy, copied and run.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { root, startBrowser, startServer } from "./helpers.mjs";

const secret = Buffer.alloc(32, 9).toString("base64url");
const readme = readFileSync(join(root, "README.md"), "utf8");
let server, chromium;
before(async () => {
  server = await startServer({ config: `challenge_secrets = ["${secret}"]\n` });
  chromium = await startBrowser({ automated: false });
});
after(async () => {
  await chromium?.browser.close();
  await server?.stop();
});

/** A snippet of the demo's page, for this server and its site. */
async function snippet(id) {
  const page = await chromium.page();
  await page.goto(server.url);
  const text = await page.textContent(`#snippet-${id}`);
  await page.close();
  assert.ok(readme.includes(text), "the README says the same");
  return text.replaceAll("https://vouchsafe.example.org", server.url).replaceAll("my-site", "demo");
}

/** The voucher that the page's snippet hands in. */
async function handedIn() {
  const form = await snippet("page");
  const page = await chromium.page();
  await page.route(`${server.url}/mine`, (route) => route.fulfill({ contentType: "text/html", body: `<!doctype html><title>Mine</title><link rel="icon" href="data:,">${form}` }));
  await page.route(`${server.url}/signup`, (route) => route.fulfill({ body: "thanks" }));
  await page.goto(`${server.url}/mine`);
  const sent = page.waitForRequest(`${server.url}/signup`);
  await page.getByRole("button", { name: "Create account" }).click();
  const voucher = new URLSearchParams((await sent).postData()).get("vouchsafe-response");
  await page.close();
  return voucher;
}

test("the page's snippet hands in a voucher, and the Node.js snippet checks it once", async () => {
  const { Verifier } = await import(join(root, "www/dist/verify.js"));
  const body = await snippet("node");
  const AsyncFunction = (async () => {}).constructor;
  const run = (voucher) =>
    new AsyncFunction("Verifier", "process", "request", `${body}\nreturn success;`)(Verifier, { env: { CHALLENGE_SECRET: secret } }, { body: { "vouchsafe-response": voucher } });
  const voucher = await handedIn();
  // A click and nothing else is little to go by; what counts is that it is read and judged.
  const verdict = await new Verifier({ challengeSecrets: [secret] }).verify(voucher, { sitekey: "demo", action: "signup" });
  assert.deepEqual([verdict.error, verdict.action], [undefined, "signup"]);
  assert.equal(await run(voucher), verdict.success);
  assert.equal(await run(`${voucher}x`), false);
});

test("the HTTP snippet asks the server", async () => {
  const command = await snippet("curl");
  const [, url] = /^curl (\S+) -d secret=… -d response="\$VOUCHER"$/.exec(command);
  const asked = await fetch(url, { method: "POST", body: new URLSearchParams({ secret: "wrong", response: await handedIn() }) });
  assert.deepEqual((await asked.json())["error-codes"], ["invalid-input-secret"]);
});

test("a snippet is copied by its button", async () => {
  const page = await chromium.page();
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.goto(server.url);
  await page.getByRole("button", { name: "Copy: the page" }).click();
  await page.getByText("Copied.").waitFor();
  const [copied, shown] = await page.evaluate(async () => [await navigator.clipboard.readText(), document.querySelector("#snippet-page").textContent]);
  assert.equal(copied, shown);
  await page.close();
});

test("the session of the documentation runs as it stands there", async () => {
  const text = readFileSync(join(root, "docs/session.md"), "utf8");
  const code = /```html\n([\s\S]+?)```/.exec(text)[1].replace("https://vouchsafe.example.org", server.url).replace("my-site", "demo");
  const page = await chromium.page();
  const errors = [];
  page.on("pageerror", (error) => errors.push(error.message));
  await page.route(`${server.url}/stay`, (route) => route.fulfill({ contentType: "text/html", body: `<!doctype html><title>Mine</title><link rel="icon" href="data:,"><body>${code}` }));
  await page.goto(`${server.url}/stay`);
  await page.waitForFunction(() => document.querySelector("vouchsafe-trust").session);
  const asked = await page.evaluate(async () => {
    window.askForPassword = async () => true;
    const { session } = document.querySelector("vouchsafe-trust");
    const confirmed = new Promise((done) => session.addEventListener("confirmed", done));
    session.surround({ latitude: 52.5, longitude: 13.4 });
    session.surround({ latitude: 35.7, longitude: 139.7 });
    await confirmed;
    return session.status.state;
  });
  assert.equal(asked, "open");
  assert.deepEqual(errors, []);
  await page.close();
});
