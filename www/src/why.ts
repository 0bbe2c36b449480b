// The panel behind the mark: why somebody is asked, what is measured, what leaves the device. Fetched when opened.

import { decode } from "./base64url.js";
import { html, said } from "./dom.js";

const texts = {
  title: "Why am I asked?",
  why: "This site wants to know that a person is here, and not a program. You need not solve anything.",
  measured:
    "How the pointer moves, how keys are timed, how the page is scrolled and left: never which keys, never what you write. It is measured on this device and turned into a few hundred small numbers.",
  leaves: "When you send the form, this is all that is added to it:",
  nothing: "Nothing has left this page so far.",
  whole: "All of it, as it is sent",
};

const FAMILIES: Record<string, string> = {
  pointer: "pointer",
  click: "clicks",
  typing: "typing rhythm",
  scroll: "scrolling",
  touch: "touch",
  attention: "attention to the page",
  environment: "the browser",
};

interface Claims {
  hostname: string;
  score: number;
  verdict: string;
  evidence: Record<string, unknown>;
  face?: string;
}

/** For a voucher, or the empty string while there is none. */
export function explain(voucher: string): HTMLElement {
  const panel = html("div", { class: "why", part: "why", role: "region", "aria-label": texts.title, lang: "en", dir: "ltr" });
  panel.append(said("strong", texts.title), said("p", texts.why), said("p", texts.measured));
  const claims = read(voucher);
  if (!claims) {
    panel.append(said("p", texts.nothing));
    return panel;
  }
  panel.append(said("p", texts.leaves));
  const list = html("dl", {});
  const measured = Object.entries(claims.evidence).filter(([, bytes]) => typeof bytes === "string");
  const facts: [string, string][] = [
    ["This page", claims.hostname],
    ["Opinion", `${claims.verdict}, ${Math.round(claims.score * 100)} of 100`],
    ["Measured", measured.map(([family, bytes]) => `${FAMILIES[family] ?? family} (${length(bytes as string)} numbers)`).join(", ") || "nothing yet"],
    ["Face check", claims.face ? "passed: seven numbers, no picture" : "none"],
    ["Besides", "time, a key made for this page, and the answer to a small calculation"],
  ];
  for (const [term, value] of facts) list.append(said("dt", term), said("dd", value));
  const whole = html("details", {});
  const all = said("pre", JSON.stringify(claims, null, 1));
  all.tabIndex = 0;
  whole.append(said("summary", texts.whole), all);
  panel.append(list, whole);
  return panel;
}

function read(voucher: string): Claims | undefined {
  const payload = voucher.split(".")[1];
  if (!payload) return undefined;
  return JSON.parse(new TextDecoder().decode(decode(payload))) as Claims;
}

/** Of base64url, in bytes. */
const length = (text: string): number => Math.floor((text.length * 3) / 4);
