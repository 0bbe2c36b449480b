// The npm package's verifier: the committed vectors, and stores of its own.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, mock, test } from "node:test";
import { root } from "./helpers.mjs";

const { Verifier, MemoryStore } = await import(join(root, "www/dist/verify.js"));
const vectors = JSON.parse(readFileSync(join(root, "tests/vectors/vouchers.json"), "utf8"));
const challengeSecrets = [vectors.challenge_secret];
const good = vectors.vouchers[0];

/** Runs `task` with the clock at `now`. */
async function at(now, task) {
  mock.timers.enable({ apis: ["Date"], now: now * 1000 });
  try {
    return await task();
  } finally {
    mock.timers.reset();
  }
}

describe("vouchsafe/verify", () => {
  for (const { name, voucher, now, answer } of vectors.vouchers) {
    test(`answers as every other implementation: ${name}`, async () => {
      const verifier = new Verifier({ challengeSecrets });
      assert.deepEqual(await at(now, () => verifier.verify(voucher, vectors.expected)), answer);
    });
  }

  test("of a thousand parallel redemptions one succeeds, also with a store that takes its time", async () => {
    const inner = new MemoryStore();
    const store = {
      async insertIfAbsent(...args) {
        await new Promise((resume) => setImmediate(resume));
        return inner.insertIfAbsent(...args);
      },
    };
    for (const verifier of [new Verifier({ challengeSecrets }), new Verifier({ challengeSecrets, store })]) {
      const answers = await at(good.now, () =>
        Promise.all(Array.from({ length: 1000 }, () => verifier.verify(good.voucher, vectors.expected))),
      );
      assert.equal(answers.filter((answer) => answer.success).length, 1);
      assert.ok(answers.filter((answer) => !answer.success).every((answer) => answer.error === "replayed"));
    }
  });

  test("a store that fails, or says anything but true, refuses", async () => {
    const failing = { insertIfAbsent: () => Promise.reject(new Error("connection lost")) };
    const first = await at(good.now, () => new Verifier({ challengeSecrets, store: failing }).verify(good.voucher, vectors.expected));
    assert.deepEqual([first.success, first.error, first["error-codes"]], [false, "store-unavailable", ["internal-error"]]);
    for (const said of [undefined, null, "OK", 1]) {
      const store = { insertIfAbsent: () => said };
      const answer = await at(good.now, () => new Verifier({ challengeSecrets, store }).verify(good.voucher, vectors.expected));
      assert.equal(answer.success, false, String(said));
    }
  });

  test("what is not a voucher is refused without an exception", async () => {
    const verifier = new Verifier({ challengeSecrets });
    for (const nothing of [undefined, null, "", 7, ["a"], {}]) {
      assert.deepEqual((await verifier.verify(nothing, vectors.expected))["error-codes"], ["missing-input-response"]);
    }
    assert.equal((await verifier.verify("a.b.c", vectors.expected)).error, "malformed");
    assert.equal((await verifier.verify("x".repeat(100_000), vectors.expected)).error, "too-large");
  });

  test("the site's policy counts", async () => {
    const strict = { ...vectors.expected, minScore: 1 };
    const answer = await at(good.now, () => new Verifier({ challengeSecrets }).verify(good.voucher, strict));
    assert.deepEqual([answer.success, answer["error-codes"]], [false, ["score-too-low"]]);
  });

  test("keys rotate, and bad settings are named", async () => {
    const newer = Buffer.alloc(32, 3).toString("base64url");
    const rotated = new Verifier({ challengeSecrets: [newer, ...challengeSecrets] });
    assert.equal((await at(good.now, () => rotated.verify(good.voucher, vectors.expected))).success, true);
    const other = new Verifier({ challengeSecrets: [newer] });
    assert.equal((await at(good.now, () => other.verify(good.voucher, vectors.expected))).error, "forged-challenge");
    assert.throws(() => new Verifier({ challengeSecrets: [] }), /no challenge secret/);
    assert.throws(() => new Verifier({ challengeSecrets: ["c2hvcnQ"] }), /16 bytes/);
    assert.throws(() => new Verifier({ challengeSecrets: ["not base64url!"] }), /base64url/);
    assert.throws(() => other.challenge({ sitekey: "a", hostname: "b", difficulty: 30 }), /over 20/);
    const { nonce, difficulty, exp, iat } = JSON.parse(
      Buffer.from(other.challenge({ sitekey: "a", hostname: "b" }).split(".")[0], "base64url"),
    );
    assert.deepEqual([Buffer.from(nonce, "base64url").length, difficulty, exp - iat], [16, 12, 1800]);
  });

  test("the memory store forgets what has expired", () => {
    const store = new MemoryStore();
    for (let i = 0; i < 100; i++) store.insertIfAbsent(`old ${i}`, 1000, 0);
    assert.equal(store.insertIfAbsent("new", 5000, 2000), true);
    assert.equal(store.size, 1);
  });
});
