// The package as npm gives it: packed, installed in a fresh folder, bundled by others, and run.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { errorsOf, root, startBrowser, startServer } from "./helpers.mjs";

const clients = join(root, "tests/clients/node_modules");
const form = '<form><vouchsafe-widget data-sitekey="demo" data-server="/"></vouchsafe-widget></form>';
let server, chromium, folder;

/** A page with this body, whose script is `main.js`. */
const html = (lang, body) => `<!doctype html><html lang="${lang}"><meta charset="utf-8"><title>A page</title>${body}<script type="module" src="./main.js"></script></html>`;

/** The page in a folder, as if the server had it. */
async function opened(out) {
  const page = await chromium.page();
  page.errors = errorsOf(page);
  page.startedWorkers = [];
  page.on("worker", (worker) => page.startedWorkers.push(worker.url()));
  await page.route(`${server.url}/app/**`, (route) => route.fulfill({ path: join(out, new URL(route.request().url()).pathname.slice(5)) }));
  await page.goto(`${server.url}/app/index.html`);
  return page;
}

before(async () => {
  server = await startServer();
  chromium = await startBrowser();
  folder = mkdtempSync(join(tmpdir(), "vouchsafe-package-"));
  const quiet = { stdio: ["ignore", "pipe", "ignore"], encoding: "utf8" };
  const tarball = execFileSync("npm", ["pack", "--silent", "--pack-destination", folder], { cwd: join(root, "www"), ...quiet }).trim();
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  execFileSync("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--offline", join(folder, tarball)], { cwd: folder, ...quiet });
  writeFileSync(join(folder, "main.js"), `
    import "vouchsafe";
    import { FaceEngine } from "vouchsafe/face";
    import { session } from "vouchsafe/session";
    window.stay = async () => {
      const mine = await session({ watch: false, sitekey: "demo", server: "/" });
      const parcel = await mine.export("a passphrase");
      await mine.forget();
      return [parcel.length > 900, document.querySelectorAll("vouchsafe-widget").length];
    };
    window.look = async () => {
      const engine = new FaceEngine();
      await engine.load(["detector", "mesh"]);
      const picture = await createImageBitmap(await (await fetch("astronaut.jpg")).blob());
      const faces = await engine.analyze(picture);
      engine.close();
      return faces.length;
    };`);
  writeFileSync(join(folder, "index.html"), html("de", form));
});
after(async () => {
  await chromium?.browser.close();
  await server?.stop();
});

test("widget and face engine run from another origin than the page's", async () => {
  const other = `<!doctype html><html lang="en"><meta charset="utf-8"><title>A page</title>
    <form><vouchsafe-widget data-sitekey="demo"></vouchsafe-widget></form>
    <script type="module" src="${server.url}/dist/vouchsafe.js"></script>
    <script type="module">
      import { FaceEngine } from "${server.url}/dist/face.js";
      window.load = () => new FaceEngine().load(["detector"]);
    </script>`;
  const site = createServer((_, response) => response.setHeader("content-type", "text/html").end(other)).listen(0);
  const page = await chromium.page();
  const workers = [];
  page.on("worker", (worker) => workers.push(worker.url()));
  await page.goto(`http://localhost:${site.address().port}/`);
  await page.getByRole("button", { name: "Confirm you are human" }).click();
  await page.waitForFunction(() => document.querySelector("vouchsafe-widget").state === "verified");
  assert.match(workers.join(), /^blob:/);
  await page.evaluate(() => window.load());
  await page.close();
  site.close();
});

test("importing it on a server does no harm", () => {
  const script = 'const all = await Promise.all([import("vouchsafe"), import("vouchsafe/face"), import("vouchsafe/session")]); console.log(all.map(Object.keys).flat().sort().join());';
  const told = execFileSync(process.execPath, ["--input-type=module", "--eval", script], { cwd: folder, encoding: "utf8" });
  assert.equal(told.trim(), "FaceEngine,ParcelError,Session,VouchsafeFace,VouchsafeTrust,VouchsafeWidget,session");
});

for (const [name, source] of Object.entries({
  React: `
    import "vouchsafe";
    import { StrictMode } from "react";
    import { createRoot } from "react-dom/client";
    createRoot(document.getElementById("root")).render(
      <StrictMode>
        <form>
          <vouchsafe-widget data-sitekey="demo" data-server="/" onverified={(event) => (window.token = event.detail.voucher)} />
        </form>
      </StrictMode>);`,
  Vue: `
    import "vouchsafe";
    import { createApp, h } from "vue";
    const told = (event) => (window.token = event.detail.voucher);
    const page = () => h("form", h("vouchsafe-widget", { "data-sitekey": "demo", "data-server": "/", onVerified: told }));
    createApp({ render: page }).mount("#root");`,
})) {
  test(`in ${name} it is an element like any other`, async () => {
    const out = join(folder, `in-${name}`);
    writeFileSync(join(folder, `${name}.jsx`), source);
    const options = [`${name}.jsx`, "--bundle", "--jsx=automatic", "--format=esm", `--outfile=${out}/main.js`, "--log-level=error"];
    execFileSync(join(root, "www/node_modules/.bin/esbuild"), options, { cwd: folder, env: { ...process.env, NODE_PATH: clients } });
    cpSync(join(folder, "node_modules/vouchsafe/dist"), out, { recursive: true });
    writeFileSync(join(out, "index.html"), html("en", '<div id="root"></div>'));
    const page = await opened(out);
    await page.getByRole("button", { name: "Confirm you are human" }).click();
    await page.waitForFunction(() => window.token);
    assert.equal(await page.locator("vouchsafe-widget").count(), 1);
    await page.close();
  });
}

const bundlers = {
  vite(out) {
    execFileSync(process.execPath, [join(clients, "vite/bin/vite.js"), "build", "--base=./", `--outDir=${out}`, "--logLevel=error"], { cwd: folder, stdio: "inherit" });
  },
  webpack(out) {
    const options = ["--entry=./main.js", "--mode=production", `--output-path=${out}`, "--output-filename=main.js", "--output-public-path=auto"];
    execFileSync(process.execPath, [join(clients, "webpack-cli/bin/cli.js"), "build", ...options], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
    cpSync(join(folder, "index.html"), join(out, "index.html"));
  },
  // Leaves files alone that are named by URL: they are copied beside the bundle.
  esbuild(out) {
    execFileSync(join(root, "www/node_modules/.bin/esbuild"), ["main.js", "--bundle", "--format=esm", "--splitting", `--outdir=${out}`, "--log-level=error"], { cwd: folder, stdio: "inherit" });
    const dist = join(folder, "node_modules/vouchsafe/dist");
    for (const name of readdirSync(dist)) if (!name.endsWith(".map")) cpSync(join(dist, name), join(out, name), { recursive: true });
    cpSync(join(folder, "index.html"), join(out, "index.html"));
  },
  // No bundler: the page's script tag names the file.
  none(out) {
    cpSync(join(folder, "node_modules/vouchsafe/dist"), out, { recursive: true });
    const map = JSON.stringify({ imports: { vouchsafe: "./vouchsafe.js", "vouchsafe/face": "./face.js", "vouchsafe/session": "./session.js" } });
    cpSync(join(folder, "main.js"), join(out, "main.js"));
    writeFileSync(join(out, "index.html"), html("de", `<script type="importmap">${map}</script>${form}`));
  },
};

for (const [name, bundle] of Object.entries(bundlers)) {
  test(`widget, Worker, language, face engine and session run when bundled by ${name}`, async () => {
    const out = join(folder, `out-${name}`);
    mkdirSync(out);
    bundle(out);
    cpSync(join(root, "tests/corpus/astronaut.jpg"), join(out, "astronaut.jpg"));
    const page = await opened(out);
    await page.getByRole("button", { name: "Mensch" }).click();
    await page.waitForFunction(() => document.querySelector("vouchsafe-widget").state === "verified");
    assert.equal(page.startedWorkers.length, 1, "the work was done in a Worker");
    assert.equal(await page.evaluate(() => window.look()), 1);
    assert.deepEqual(await page.evaluate(() => window.stay()), [true, 2]);
    assert.deepEqual(page.errors, []);
    await page.close();
  });
}
