// Elements made node by node: no HTML is parsed, so pages that require Trusted Types and forbid inline styles can
// keep both rules.

import theme from "../build/theme.css";

/** What elements of ours extend. On a server there is no HTMLElement; importing must still work there. */
export const Element = globalThis.HTMLElement ?? (class {} as typeof HTMLElement);

/** Gives a shadow tree the colours of all and its own styles, without a style element. */
export function style(root: ShadowRoot, css: string): void {
  adopt(root, theme + css);
}

/** Adds to a shadow tree's styles. */
export function adopt(root: ShadowRoot, css: string): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
}

export function html<K extends keyof HTMLElementTagNameMap>(name: K, attributes: Record<string, string> = {}): HTMLElementTagNameMap[K] {
  return dress(document.createElement(name), attributes);
}

export function said<K extends keyof HTMLElementTagNameMap>(name: K, text: string, attributes: Record<string, string> = {}): HTMLElementTagNameMap[K] {
  const element = html(name, attributes);
  element.textContent = text;
  return element;
}

export function svg(name: string, attributes: Record<string, string>, children: SVGElement[] = []): SVGElement {
  const element = dress(document.createElementNS("http://www.w3.org/2000/svg", name), attributes);
  element.append(...children);
  return element;
}

function dress<E extends HTMLElement | SVGElement>(element: E, attributes: Record<string, string>): E {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
