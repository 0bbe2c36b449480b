// The panel behind the mark: why somebody is asked, what is measured, what leaves the device. Fetched when opened.

import { json } from "./base64url.js";
import { html, said } from "./dom.js";
import { type Files, fill, speaks, type Spoken, textsIn } from "./languages.js";

const english = {
  title: "Why am I asked?",
  why: "This site wants to know that a person is here, and not a program. You need not solve anything.",
  measured:
    "How the pointer moves, how keys are timed, how the page is scrolled and left: never which keys, never what you write. It is measured on this device and turned into a few hundred small numbers.",
  leaves: "When you send the form, this is all that is added to it:",
  nothing: "Nothing has left this page so far.",
  whole: "All of it, as it is sent",
  terms: { page: "This page", opinion: "Opinion", measured: "Measured", face: "Face check", besides: "Besides" },
  opinion: "{verdict}, {score} of 100",
  verdicts: { human: "a person", uncertain: "not sure", bot: "a program" },
  family: "{name} ({count} numbers)",
  families: {
    pointer: "pointer",
    click: "clicks",
    typing: "typing rhythm",
    scroll: "scrolling",
    touch: "touch",
    attention: "attention to the page",
    environment: "the browser",
  },
  none: "nothing yet",
  face: "passed: seven numbers, no picture",
  faceless: "none",
  besides: "time, a key made for this page, and the answer to a small calculation",
};

export type Texts = typeof english;

const languages: Files<Texts> = {
  ar: () => import("./languages/why/ar.js"),
  de: () => import("./languages/why/de.js"),
  es: () => import("./languages/why/es.js"),
  fr: () => import("./languages/why/fr.js"),
  it: () => import("./languages/why/it.js"),
  ja: () => import("./languages/why/ja.js"),
  nl: () => import("./languages/why/nl.js"),
  pl: () => import("./languages/why/pl.js"),
  pt: () => import("./languages/why/pt.js"),
  sv: () => import("./languages/why/sv.js"),
  tr: () => import("./languages/why/tr.js"),
  uk: () => import("./languages/why/uk.js"),
  zh: () => import("./languages/why/zh.js"),
};

/** What the visitor will read. */
export const wordsIn = (language: string) => textsIn(language, languages, english);

interface Claims {
  hostname: string;
  score: number;
  verdict: keyof Texts["verdicts"];
  evidence: Record<string, unknown>;
  face?: string;
}

/** For a voucher, or the empty string while there is none. */
export function explain(voucher: string, { texts, language }: Spoken<Texts>): HTMLElement {
  const panel = html("div", { class: "why", part: "why", role: "region", "aria-label": texts.title });
  speaks(panel, language);
  panel.append(said("strong", texts.title), said("p", texts.why), said("p", texts.measured));
  const claims = read(voucher);
  if (!claims) {
    panel.append(said("p", texts.nothing));
    return panel;
  }
  panel.append(said("p", texts.leaves));
  const list = html("dl", {});
  const measured = Object.entries(claims.evidence).filter(([, bytes]) => typeof bytes === "string");
  const families: Record<string, string> = texts.families;
  const { terms } = texts;
  const facts: [string, string][] = [
    [terms.page, claims.hostname],
    [terms.opinion, fill(texts.opinion, { verdict: texts.verdicts[claims.verdict], score: Math.round(claims.score * 100) })],
    [terms.measured, measured.map(([family, bytes]) => fill(texts.family, { name: families[family] ?? family, count: length(bytes as string) })).join(", ") || texts.none],
    [terms.face, claims.face ? texts.face : texts.faceless],
    [terms.besides, texts.besides],
  ];
  for (const [term, value] of facts) list.append(said("dt", term), said("dd", value));
  const whole = html("details", {});
  const all = said("pre", JSON.stringify(claims, null, 1), { dir: "ltr" });
  all.tabIndex = 0;
  whole.append(said("summary", texts.whole), all);
  panel.append(list, whole);
  return panel;
}

function read(voucher: string): Claims | undefined {
  const payload = voucher.split(".")[1];
  return payload ? (json(payload) as Claims) : undefined;
}

/** Of base64url, in bytes. */
const length = (text: string): number => Math.floor((text.length * 3) / 4);
