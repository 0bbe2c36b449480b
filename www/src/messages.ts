// What a visitor reads. Short, plain, no blame. English is here; `languages/` is fetched where it is wanted.

import type { ErrorCode } from "./core.js";

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

const LANGUAGES =
  "ar bg bn ca cs da de el es et eu fa fi fr gl he hi hr hu id is it ja ko lt lv ms nb nl pl pt pt-BR ro ru sk sl sq sr sv sw ta th tr uk ur vi zh zh-Hant".split(" ");
const OTHER_NAMES: Record<string, string> = { no: "nb", nn: "nb", iw: "he", in: "id", "zh-tw": "zh-Hant", "zh-hk": "zh-Hant", "zh-mo": "zh-Hant" };

/** The language of the package that is nearest to a BCP 47 tag; English where there is none. */
export function nearest(tag: string): string {
  for (let rest = tag.toLowerCase(); rest; rest = rest.slice(0, Math.max(0, rest.lastIndexOf("-")))) {
    const found = LANGUAGES.find((language) => language.toLowerCase() === rest) ?? OTHER_NAMES[rest];
    if (found) return found;
  }
  return "en";
}

export const isRightToLeft = (language: string): boolean => ["ar", "fa", "he", "ur"].includes(language);

const fetched = new Map<string, Promise<Texts>>();

/** The texts in one of the package's languages; English where they are out of reach. */
export function textsIn(language: string): Promise<Texts> {
  if (language === "en") return Promise.resolve(english);
  let texts = fetched.get(language);
  if (!texts) {
    texts = fetch(new URL(`./languages/${language}.json`, import.meta.url)).then((response) => response.json() as Promise<Texts>);
    texts.catch(() => fetched.delete(language));
    fetched.set(language, texts);
  }
  return texts.catch(() => english);
}
