// Shows vouchers to packages from npm, each unmodified but for the address it asks.

import http from "node:http";
import https from "node:https";
import { createRequire } from "node:module";
import { createRemoteJWKSet, compactVerify, EmbeddedJWK, jwtVerify } from "jose";

const require = createRequire(import.meta.url);

/** `{name: async (voucher) => accepted}` for a server and a site's secret. */
export function clients(server, secret) {
  redirect(server);
  const { RecaptchaV2, RecaptchaV3 } = require("express-recaptcha");
  const hcaptcha = require("hcaptcha");
  const Grecaptcha = require("grecaptcha");
  const { default: GoogleRecaptcha = require("google-recaptcha") } = require("google-recaptcha");
  const express = (Recaptcha) => (voucher) =>
    new Promise((resolve) => {
      const request = { body: { "g-recaptcha-response": voucher }, headers: {} };
      new Recaptcha("demo", secret).verify(request, (error) => resolve(!error));
    });
  return {
    "express-recaptcha v2": express(RecaptchaV2),
    "express-recaptcha v3": express(RecaptchaV3),
    hcaptcha: async (voucher) => (await hcaptcha.verify(secret, voucher)).success,
    grecaptcha: (voucher) => new Grecaptcha(secret).verify(voucher),
    "google-recaptcha": (voucher) =>
      new Promise((resolve) => {
        const client = new GoogleRecaptcha({ secret, apiUrl: `${server}/recaptcha/api/siteverify` });
        client.verify({ response: voucher, remoteIp: "192.0.2.1" }, (error) => resolve(!error));
      }),
  };
}

/** The public checks of a JOSE library: a voucher by its own key, a receipt by the server's published ones. */
export const jose = {
  async voucher(voucher) {
    const { payload } = await compactVerify(voucher, EmbeddedJWK, { algorithms: ["EdDSA"] });
    return JSON.parse(new TextDecoder().decode(payload));
  },
  async receipt(receipt, server, expected) {
    const keys = createRemoteJWKSet(new URL("/.well-known/jwks.json", server));
    return (await jwtVerify(receipt, keys, { algorithms: ["EdDSA"], typ: "vouchsafe-receipt+jwt", ...expected })).payload;
  },
};

/** Requests to the services' own hosts go to `server`: the change of address that a site would make. */
function redirect(server) {
  const { hostname, port } = new URL(server);
  const original = https.request;
  https.request = (...args) => {
    const options = typeof args[0] === "string" || args[0] instanceof URL ? { ...urlOptions(args[0]), ...args[1] } : args[0];
    const host = options.hostname ?? options.host;
    if (!HOSTS.includes(host)) return original.apply(https, args);
    const listener = args.findLast((arg) => typeof arg === "function");
    const { agent, ...rest } = options;
    return http.request({ ...rest, protocol: "http:", host: hostname, hostname, port }, listener);
  };
}

function urlOptions(url) {
  const { hostname, pathname, search } = new URL(url);
  return { hostname, path: pathname + search };
}

const HOSTS = ["www.google.com", "www.recaptcha.net", "hcaptcha.com", "api.hcaptcha.com"];
