// Words to tick.

import { html, said } from "../dom.js";
import type { Puzzle, Shown } from "./panel.js";

export async function question(shown: Shown): Promise<Puzzle> {
  const element = html("fieldset", { class: "words", lang: shown.language as string });
  element.append(said("legend", shown.text as string));
  const boxes = (shown.words as string[]).map((word) => {
    const box = html("input", { type: "checkbox" });
    const label = html("label", {});
    label.append(box, word);
    element.append(label);
    return box;
  });
  return { element, answer: () => boxes.flatMap((box, at) => (box.checked ? [at] : [])).join() };
}
