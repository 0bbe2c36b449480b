// The peers' verifiers behind node:http, with tokens that were solved beforehand.
//
//   node peers.mjs altcha|cap COUNT FILE   writes COUNT request bodies to FILE, then serves

import http from "node:http";
import { createWriteStream } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(new URL("../../tests/clients/package.json", import.meta.url));
const [peer, count, file] = process.argv.slice(2);

const peers = {
  /** altcha-lib as its README sets it up, with counters small enough to make many. It keeps no record of
   * what was used: that is left to its caller. */
  async altcha() {
    const { createChallenge, solveChallenge, verifySolution } = await import(require.resolve("altcha-lib").replace("/cjs/", "/esm/"));
    const { deriveKey } = await import(require.resolve("altcha-lib/algorithms/pbkdf2").replace("/cjs/", "/esm/"));
    const secrets = { hmacSignatureSecret: "your-secret-key", hmacKeySignatureSecret: "your-other-secret-key" };
    const solved = [];
    for (let i = 0; i < 200; i++) {
      const challenge = await createChallenge({ algorithm: "PBKDF2/SHA-256", cost: 5_000, counter: 1, deriveKey, ...secrets });
      solved.push(JSON.stringify({ challenge, solution: await solveChallenge({ challenge, deriveKey }) }));
    }
    return {
      body: (i) => solved[i % solved.length],
      async verify(body) {
        const { verified } = await verifySolution({ ...JSON.parse(body), deriveKey, ...secrets });
        return { success: verified };
      },
    };
  },
  /** @cap.js/server: fifty puzzles as by default, easy enough to make many; the state in memory. */
  async cap() {
    const Cap = require("@cap.js/server");
    const { createHash } = await import("node:crypto");
    const cap = new Cap({ noFSState: true });
    const solve = (salt, target) => {
      for (let n = 0; ; n++) if (createHash("sha256").update(salt + n).digest("hex").startsWith(target)) return n;
    };
    const bodies = [];
    for (let i = 0; i < count; i++) {
      const { token } = await cap.createChallenge({ challengeCount: 50, challengeSize: 32, challengeDifficulty: 1 });
      const solutions = Array.from({ length: 50 }, (_, k) => solve(random(`${token}${k + 1}`, 32), random(`${token}${k + 1}d`, 1)));
      bodies.push(JSON.stringify({ token, solutions }));
    }
    return {
      body: (i) => bodies[i],
      async verify(body) {
        const redeemed = await cap.redeemChallenge(JSON.parse(body));
        return redeemed.success ? cap.validateToken(redeemed.token) : redeemed;
      },
    };
  },
};

/** Cap's generator of puzzles from a seed: FNV-1a, then xorshift, as hexadecimal. */
function random(seed, length) {
  let state = 2166136261;
  for (const char of seed) {
    state ^= char.charCodeAt(0);
    state += (state << 1) + (state << 4) + (state << 7) + (state << 8) + (state << 24);
  }
  state >>>= 0;
  let text = "";
  while (text.length < length) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    text += (state >>> 0).toString(16).padStart(8, "0");
  }
  return text.slice(0, length);
}

const { body, verify } = await peers[peer]();
const out = createWriteStream(file);
for (let i = 0; i < count; i++) out.write(body(i) + "\n");
await new Promise((written) => out.end(written));
const server = http.createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const answer = await verify(Buffer.concat(chunks).toString());
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
});
server.listen(0, "127.0.0.1", () => console.log(`"address":"127.0.0.1:${server.address().port}"`));
