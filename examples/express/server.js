// A form protected in one process: the npm package issues the challenges and verifies the vouchers.
//
//   npm install && CHALLENGE_SECRET=$(openssl rand -hex 32) npm start

import express from "express";
import { fileURLToPath } from "node:url";
import { Verifier } from "vouchsafe/verify";

const site = { sitekey: "my-site", hostnames: ["localhost"] };
const verifier = new Verifier({ challengeSecrets: [process.env.CHALLENGE_SECRET ?? ""] });
const app = express();

// The widget's files, from the same package.
app.use("/vouchsafe/dist", express.static(fileURLToPath(new URL(".", import.meta.resolve("vouchsafe")))));

app.get("/vouchsafe/challenge", (request, response) => {
  const { sitekey, hostname, action } = request.query;
  if (sitekey !== site.sitekey) return response.status(404).json({ error: "unknown-sitekey" });
  if (!site.hostnames.includes(hostname)) return response.status(403).json({ error: "unknown-hostname" });
  if (action !== undefined && (typeof action !== "string" || action.length > 64)) {
    return response.status(400).json({ error: "bad-action" });
  }
  response.set("cache-control", "no-store").json({ challenge: verifier.challenge({ sitekey, hostname, action }) });
});

app.get("/", (_request, response) => {
  response.send(`<!doctype html>
<html lang="en">
  <meta charset="utf-8" />
  <meta name="viewport" content="width=device-width, initial-scale=1" />
  <meta name="color-scheme" content="light dark" />
  <title>Newsletter</title>
  <script type="module" src="/vouchsafe/dist/vouchsafe.js"></script>
  <form method="post" action="/subscribe">
    <p><label>E-mail <input type="email" name="email" required /></label></p>
    <vouchsafe-widget data-sitekey="my-site" data-action="subscribe"></vouchsafe-widget>
    <p><button>Subscribe</button></p>
  </form>
</html>`);
});

app.post("/subscribe", express.urlencoded({ limit: "16kb" }), async (request, response) => {
  const answer = await verifier.verify(request.body["vouchsafe-response"], { ...site, action: "subscribe" });
  if (!answer.success) return response.status(403).send(`Not accepted: ${answer.error ?? answer["error-codes"][0]}`);
  response.send(`Subscribed (score ${answer.score})`);
});

const server = app.listen(process.env.PORT ?? 3000, () => console.log(`http://localhost:${server.address().port}/`));
