// Pages written for Turnstile, hCaptcha and reCAPTCHA, with nothing changed but the script and the sitekey.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { claimsOf, root, startBrowser, startServer } from "./helpers.mjs";

let server, chromium;
before(async () => {
  server = await startServer();
  chromium = await startBrowser();
});
after(async () => {
  await chromium?.browser.close();
  await server?.stop();
});

/** A page of the site with this body; what it logs as an error fails the test. */
async function visit(body, { scripts = {} } = {}) {
  const page = await chromium.page();
  const errors = [];
  page.on("pageerror", (error) => errors.push(error.message));
  for (const [path, text] of Object.entries(scripts)) {
    await page.route(`${server.url}${path}`, (route) => route.fulfill({ body: text, contentType: "text/javascript" }));
  }
  const html = `<!doctype html><meta charset="utf-8"><title>A page</title><body>${body}`;
  await page.route(`${server.url}/a-page`, (route) => route.fulfill({ body: html, contentType: "text/html" }));
  await page.goto(`${server.url}/a-page`);
  page.errors = errors;
  return page;
}

const integrity = JSON.parse(readFileSync(join(root, "www/dist/integrity.json"), "utf8"));
const field = (page, name) => page.$eval("form", (form, name) => new FormData(form).get(name), name);

for (const [script, marker, name] of [
  ["turnstile", "cf-turnstile", "cf-turnstile-response"],
  ["hcaptcha", "h-captcha", "h-captcha-response"],
  ["recaptcha", "g-recaptcha", "g-recaptcha-response"],
  ["vouchsafe", "vouchsafe", "vouchsafe-response"],
]) {
  test(`a form with class="${marker}" is protected by changing the script`, async () => {
    const page = await visit(`
      <form><div class="${marker}" data-sitekey="demo" data-callback="done" data-action="login"></div></form>
      <script>function done(token) { window.token = token; }</script>
      <script src="/dist/compat/${script}.js" integrity="${integrity[`compat/${script}.js`]}" async defer></script>`);
    await page.getByRole("button", { name: "Confirm you are human" }).click();
    await page.waitForFunction(() => window.token);
    assert.equal(claimsOf(await page.evaluate(() => window.token)).action, "login");
    assert.equal(claimsOf(await field(page, name)).aud, "demo");
    assert.deepEqual(page.errors, []);
    await page.close();
  });
}

test("turnstile.render explicitly, twice, with functions; reset, remove, an error", async () => {
  const page = await visit(`
    <form><div id="one"></div></form><div id="two"></div><div id="three"></div>
    <script>
      function begin() {
        window.heard = [];
        const callback = (token) => heard.push(token);
        window.ids = ["#one", document.getElementById("two")].map((at) => turnstile.render(at, { sitekey: "demo", theme: "auto", callback }));
        turnstile.render("#three", { sitekey: "nobody", "error-callback": (code) => (window.wrong = code) });
        window.again = turnstile.render("#one", { sitekey: "demo" });
      }
    </script>
    <script src="/dist/compat/turnstile.js?render=explicit&onload=begin"></script>`);
  await page.waitForFunction(() => window.ids);
  assert.deepEqual(await page.evaluate(() => [ids[0] === again, turnstile.getResponse(ids[0]), turnstile.isExpired(ids[0])]), [true, "", false]);
  await page.evaluate(() => turnstile.execute(ids[1]));
  await page.waitForFunction(() => heard.length > 0 && window.wrong === undefined);
  assert.ok(await page.evaluate(() => turnstile.getResponse(ids[1]).split(".").length === 3));
  await page.evaluate(() => turnstile.execute("#three"));
  assert.equal(await page.evaluate(() => window.wrong), "unknown-sitekey");
  assert.deepEqual(await page.evaluate(() => (turnstile.reset(ids[1]), [turnstile.getResponse(ids[1])])), [""]);
  await page.evaluate(() => ids.forEach((id) => turnstile.remove(id)));
  assert.equal(await page.locator("vouchsafe-widget").count(), 1);
  const message = await page.evaluate(() => { try { turnstile.render("#nowhere", {}); } catch (error) { return error.message; } });
  assert.equal(message, "turnstile.render: no element #nowhere");
  assert.deepEqual(page.errors, []);
  await page.close();
});

test("hcaptcha.execute answers with a response and a key", async () => {
  const page = await visit(`<div id="box"></div><script src="/dist/compat/hcaptcha.js?render=explicit"></script>`);
  const told = await page.evaluate(() => {
    const id = hcaptcha.render("box", { sitekey: "demo", size: "invisible" });
    return hcaptcha.execute(id, { async: true }).then((told) => ({ ...told, same: told.key === id }));
  });
  assert.equal(claimsOf(told.response).aud, "demo");
  assert.ok(told.same);
  const refused = await page.evaluate(() => {
    const id = hcaptcha.render(document.body.appendChild(document.createElement("div")), { sitekey: "nobody" });
    return hcaptcha.execute(id, { async: true }).catch((error) => error.message);
  });
  assert.equal(refused, "hcaptcha.execute: the check did not finish");
  await page.close();
});

test("grecaptcha.execute(sitekey, {action}) as reCAPTCHA 3 has it, nothing to see, numbers as ids", async () => {
  const page = await visit(`<div id="box"></div><script src="/dist/compat/recaptcha.js?render=demo"></script>`);
  const token = await page.evaluate(() => new Promise((done) => grecaptcha.ready(() => grecaptcha.execute("demo", { action: "pay" }).then(done))));
  assert.equal(claimsOf(token).action, "pay");
  assert.equal(await page.locator("vouchsafe-widget").count(), 0);
  assert.equal(typeof (await page.evaluate(() => grecaptcha.render("box", { sitekey: "demo" }))), "number");
  await page.close();
});

test("vouchsafe.session comes with the classic script, and only when asked for", async () => {
  const page = await visit('<script src="/dist/compat/vouchsafe.js"></script>');
  const asked = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  const told = await page.evaluate(async () => {
    const mine = await vouchsafe.session({ watch: false });
    const { trust, enrolled } = mine.status;
    await mine.end();
    return { trust: typeof trust, enrolled, state: mine.status.state };
  });
  assert.deepEqual(told, { trust: "number", enrolled: 0, state: "ended" });
  assert.ok(asked.includes("/dist/session.js") && asked.includes("/dist/session.wasm"), asked.join());
  await page.close();
});

/** A page whose React application is `source`, beside `scripts` in the page. */
async function visitReact(source, scripts) {
  const folder = mkdtempSync(join(tmpdir(), "vouchsafe-react-"));
  const page = join(folder, "page.jsx");
  writeFileSync(page, `
    import { StrictMode } from "react";
    import { createRoot } from "react-dom/client";
    const told = (token) => (window.token = token);
    const show = (form) => createRoot(document.getElementById("root")).render(<StrictMode><form>{form}</form></StrictMode>);
    ${source}`);
  const modules = join(root, "tests/clients/node_modules");
  const options = [page, "--bundle", "--jsx=automatic", "--format=esm", `--outfile=${join(folder, "page.js")}`, "--log-level=error"];
  execFileSync(join(root, "www/node_modules/.bin/esbuild"), options, { env: { ...process.env, NODE_PATH: modules } });
  const text = readFileSync(join(folder, "page.js"), "utf8");
  return visit(`<div id="root"></div>${scripts}<script type="module" src="/react.js"></script>`, { scripts: { "/react.js": text } });
}

test("@marsidev/react-turnstile, unmodified, mounted twice by StrictMode", async () => {
  const visited = await visitReact(
    `import { Turnstile } from "@marsidev/react-turnstile";
    show(<Turnstile siteKey="demo" injectScript={false} onSuccess={told} options={{ action: "react" }} />);`,
    '<script id="cf-turnstile-script" src="/dist/compat/turnstile.js?render=explicit&onload=onloadTurnstileCallback"></script>',
  );
  await visited.getByRole("button", { name: "Confirm you are human" }).click();
  await visited.waitForFunction(() => window.token);
  assert.equal(claimsOf(await visited.evaluate(() => window.token)).action, "react");
  assert.equal(await visited.locator("vouchsafe-widget").count(), 1);
  assert.deepEqual(visited.errors, []);
  await visited.close();
});

for (const [service, component] of [
  ["turnstile", "Turnstile"],
  ["hcaptcha", "HCaptcha"],
  ["recaptcha", "ReCaptcha"],
]) {
  test(`@better-captcha/react for ${service}, unmodified, told not to load a script of its own`, async () => {
    const visited = await visitReact(
      `import { useRef } from "react";
      import { ${component} } from "@better-captcha/react/provider/${service}";
      const options = { action: "better" }, script = { autoLoad: false };
      function Form() {
        const captcha = useRef(null);
        window.read = () => captcha.current.getResponse();
        return <${component} ref={captcha} sitekey="demo" options={options} scriptOptions={script} onSolve={told} />;
      }
      show(<Form />);`,
      `<script src="/dist/compat/${service}.js?render=explicit"></script>`,
    );
    await visited.getByRole("button", { name: "Confirm you are human" }).first().click();
    await visited.waitForFunction(() => window.token);
    const [told, read] = await visited.evaluate(() => [window.token, window.read()]);
    assert.equal(claimsOf(told).action, "better");
    assert.equal(claimsOf(read).aud, "demo");
    assert.deepEqual(visited.errors, []);
    await visited.close();
  });
}
