// What a visitor reads. Short, plain, no blame. English is here; `languages/` is fetched where it is wanted.

import type { ErrorCode } from "../types/vouchsafe.js";
import type { Files } from "./languages.js";

export interface Texts {
  idle: string;
  working: string;
  verified: string;
  failed: string;
  expired: string;
  renew: string;
  about: string;
  unsupported: string;
  network: string;
  setup: string;
  busy: string;
  server: string;
  internal: string;
}

export const english: Texts = {
  idle: "Confirm you are human",
  working: "Checking\u2026",
  verified: "You are verified",
  failed: "The check could not finish",
  expired: "The check has expired",
  renew: "Check again",
  about: "Your movements stay on this device",
  unsupported: "This browser or page does not allow WebAssembly.",
  network: "No connection. Please check your network.",
  setup: "This page is not set up correctly.",
  busy: "Too many checks from this network. Please try again in a minute.",
  server: "The server did not answer as expected.",
  internal: "Something went wrong here.",
};

const CAUSES: Record<ErrorCode, keyof Texts> = {
  "unsupported-browser": "unsupported",
  network: "network",
  "missing-sitekey": "setup",
  "unknown-sitekey": "setup",
  "unknown-hostname": "setup",
  "too-many-requests": "busy",
  "server-error": "server",
  "internal-error": "internal",
};

/** In words; what only the site's owner can mend also by its code. */
export function cause(texts: Texts, code: ErrorCode): string {
  const key = CAUSES[code];
  return key === "setup" ? `${texts.setup} (${code})` : texts[key];
}

export const languages: Files<Texts> = {
  ar: () => import("./languages/ar.js"),
  bg: () => import("./languages/bg.js"),
  bn: () => import("./languages/bn.js"),
  ca: () => import("./languages/ca.js"),
  cs: () => import("./languages/cs.js"),
  da: () => import("./languages/da.js"),
  de: () => import("./languages/de.js"),
  el: () => import("./languages/el.js"),
  es: () => import("./languages/es.js"),
  et: () => import("./languages/et.js"),
  eu: () => import("./languages/eu.js"),
  fa: () => import("./languages/fa.js"),
  fi: () => import("./languages/fi.js"),
  fr: () => import("./languages/fr.js"),
  gl: () => import("./languages/gl.js"),
  he: () => import("./languages/he.js"),
  hi: () => import("./languages/hi.js"),
  hr: () => import("./languages/hr.js"),
  hu: () => import("./languages/hu.js"),
  id: () => import("./languages/id.js"),
  is: () => import("./languages/is.js"),
  it: () => import("./languages/it.js"),
  ja: () => import("./languages/ja.js"),
  ko: () => import("./languages/ko.js"),
  lt: () => import("./languages/lt.js"),
  lv: () => import("./languages/lv.js"),
  ms: () => import("./languages/ms.js"),
  nb: () => import("./languages/nb.js"),
  nl: () => import("./languages/nl.js"),
  pl: () => import("./languages/pl.js"),
  pt: () => import("./languages/pt.js"),
  "pt-BR": () => import("./languages/pt-BR.js"),
  ro: () => import("./languages/ro.js"),
  ru: () => import("./languages/ru.js"),
  sk: () => import("./languages/sk.js"),
  sl: () => import("./languages/sl.js"),
  sq: () => import("./languages/sq.js"),
  sr: () => import("./languages/sr.js"),
  sv: () => import("./languages/sv.js"),
  sw: () => import("./languages/sw.js"),
  ta: () => import("./languages/ta.js"),
  th: () => import("./languages/th.js"),
  tr: () => import("./languages/tr.js"),
  uk: () => import("./languages/uk.js"),
  ur: () => import("./languages/ur.js"),
  vi: () => import("./languages/vi.js"),
  zh: () => import("./languages/zh.js"),
  "zh-Hant": () => import("./languages/zh-Hant.js"),
};
