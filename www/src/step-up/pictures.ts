// Nine pictures to choose from.

import { html, said } from "../dom.js";
import { fill } from "../languages.js";
import type { Hands, Puzzle, Shown } from "./panel.js";
import { bitmap } from "./bitmap.js";

export async function pictures(shown: Shown, { texts: { pictures: texts } }: Hands): Promise<Puzzle> {
  const sheet = await bitmap(shown.sheet as string, "image/jpeg");
  const side = shown.side as number;
  const across = shown.across as number;
  const element = html("div", { role: "group", "aria-labelledby": "step-up-task" });
  const grid = html("div", { class: "pictures" });
  const choices = Array.from({ length: across * across }, (_, at) => {
    const choice = html("button", { type: "button", class: "picture", "aria-pressed": "false", "aria-label": fill(texts.picture, { number: at + 1 }) });
    const canvas = html("canvas", { width: `${side}`, height: `${side}` });
    canvas.getContext("2d")?.drawImage(sheet, -(at % across) * side, -Math.floor(at / across) * side);
    choice.append(canvas);
    choice.onclick = () => (choice.ariaPressed = String(choice.ariaPressed !== "true"));
    return choice;
  });
  sheet.close();
  grid.append(...choices);
  element.append(said("p", texts.text, { id: "step-up-task" }), grid);
  const answer = () => choices.flatMap((choice, at) => (choice.ariaPressed === "true" ? [at] : [])).join();
  return { element, answer };
}
