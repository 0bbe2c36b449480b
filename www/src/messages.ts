// What a visitor reads. Short, plain, no blame.

import type { ErrorCode } from "./core.js";

export const messages = {
  idle: "Confirm you are human",
  working: "Checking\u2026",
  verified: "You are verified",
  failed: "The check could not finish",
  expired: "The check has expired",
  retry: "Try again",
  renew: "Check again",
  about: "Your movements stay on this device",
} as const;

export const causes: Record<ErrorCode, string> = {
  "unsupported-browser": "This browser or page does not allow WebAssembly.",
  network: "No connection. Please check your network.",
  "missing-sitekey": "This page has not set its sitekey.",
  "unknown-sitekey": "This page uses a sitekey that is not known.",
  "unknown-hostname": "This page\u2019s address is not registered for its sitekey.",
  "too-many-requests": "Too many checks from this network. Please try again in a minute.",
  "server-error": "The server did not answer as expected.",
  "internal-error": "Something went wrong here.",
};
