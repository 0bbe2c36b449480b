// The widget's shadow tree.

import { html, style, svg } from "./dom.js";
import css from "../build/widget.css";

export interface View {
  box: HTMLElement;
  button: HTMLButtonElement;
  label: HTMLElement;
  note: HTMLElement;
  status: HTMLElement;
  /** Opens the explanation. */
  mark: HTMLButtonElement;
  /** Holds what the page wrote for browsers that cannot do the check. */
  fallback: HTMLSlotElement;
}

export function build(root: ShadowRoot, about: string): View {
  style(root, css);

  const dial = svg("svg", { class: "dial", viewBox: "0 0 36 36", "aria-hidden": "true" }, [
    svg("circle", { class: "track", cx: "18", cy: "18", r: "15" }),
    svg("circle", { class: "ring", cx: "18", cy: "18", r: "15", pathLength: "100" }),
    svg("path", { class: "tick", d: "M11.5 18.5l4.5 4.5 8.5-9.5" }),
    svg("path", { class: "again", d: "M24 15a6.6 6.6 0 1 0 .6 4.5M24.4 10.8V15h-4.2" }),
  ]);
  const button = html("button", { type: "button", class: "dial-button", part: "button", "aria-labelledby": "label", "aria-describedby": "note" });
  button.append(dial);
  const label = html("span", { class: "label", part: "label", id: "label" });
  const note = html("span", { class: "note", part: "note", id: "note" });
  note.textContent = about;
  // The visible text changes silently; this one speaks, once for each state.
  const status = html("span", { role: "status", class: "spoken" });
  const text = html("span", { class: "text" });
  text.append(label, note);
  const mark = html("button", { type: "button", class: "mark", part: "mark", "aria-expanded": "false", "aria-label": "Vouchsafe: about this check" });
  const name = html("span", {});
  name.textContent = "Vouchsafe";
  mark.append(
    svg("svg", { viewBox: "0 0 24 24" }, [
      svg("path", { d: "M12 3l7.5 2.6v5.6c0 4.6-3.1 8-7.5 9.8-4.4-1.8-7.5-5.2-7.5-9.8V5.6z" }),
      svg("path", { d: "M8.2 10.2l3.8 5 3.8-5" }),
    ]),
    name,
  );
  const box = html("div", { class: "box", part: "box", role: "group", "aria-labelledby": "label" });
  const fallback = html("slot", { name: "fallback" });
  box.append(button, text, mark, fallback, status);
  root.append(box);
  return { box, button, label, note, status, mark, fallback };
}
