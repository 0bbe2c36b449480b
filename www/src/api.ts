// The widget by script: render, execute, reset, remove, getResponse, isExpired, ready, in the words that pages
// written for Turnstile, hCaptcha and reCAPTCHA know.

import type { Api, Container, Parameters, WidgetId } from "../types/api.js";
import type { VouchsafeWidget, WidgetEventDetail } from "../types/vouchsafe.js";

/** How one service's pages speak. */
export interface Dialect {
  /** Name of the global. */
  name: string;
  /** Class of the elements that become widgets by themselves. */
  marker: string;
  /** Name of the hidden field. */
  field: string;
  /** reCAPTCHA counts its widgets. */
  counts?: boolean;
}

type Told = Record<string, unknown>;

/** Attributes of the widget; callbacks are listened for instead. */
const ATTRIBUTES = ["sitekey", "action", "cdata", "theme", "size", "execution", "refresh-expired", "response-field-name", "server", "language", "tabindex", "appearance", "display", "retry"];
const CALLBACKS = {
  callback: "verified",
  "expired-callback": "expired",
  "error-callback": "failed",
  "timeout-callback": "timeout",
  "before-interactive-callback": "before-interactive",
  "after-interactive-callback": "after-interactive",
  "unsupported-callback": "unsupported",
  // As hCaptcha calls three of them.
  "chalexpired-callback": "timeout",
  "open-callback": "before-interactive",
  "close-callback": "after-interactive",
} as const;

export function createApi(dialect: Dialect, server: string, loaded: Promise<unknown>): Api {
  const widgets = new Map<WidgetId, { widget: VouchsafeWidget; container: HTMLElement }>();
  let next = 0;

  /** By id, by container, or the first one. */
  function find(which?: Container | WidgetId) {
    if (which === undefined) return [...widgets].at(0);
    if (widgets.has(which as WidgetId)) return [which as WidgetId, widgets.get(which as WidgetId)!] as const;
    const container = elementOf(which as Container);
    return [...widgets].find(([, one]) => one.container === container);
  }

  function render(target: Container, parameters: Partial<Parameters> = {}): WidgetId {
    const container = elementOf(target);
    if (!container) throw new Error(`${dialect.name}.render: no element ${String(target)}`);
    const rendered = find(container);
    if (rendered) return rendered[0];
    const widget = document.createElement("vouchsafe-widget") as VouchsafeWidget;
    const told: Told = { server, "response-field-name": dialect.field, ...written(container), ...parameters };
    told.cdata ??= told.cData;
    if (told.theme === "auto") delete told.theme;
    if (told.size === "invisible") Object.assign(told, { size: "normal", execution: "execute", appearance: "interaction-only" });
    for (const name of ATTRIBUTES) {
      if (told[name] !== undefined) widget.setAttribute(`data-${name}`, String(told[name]));
    }
    for (const [name, event] of Object.entries(CALLBACKS)) {
      widget.addEventListener(event, ({ detail }: CustomEventInit<WidgetEventDetail>) => {
        named(told[name])?.(event === "failed" ? detail?.error : detail?.voucher);
      });
    }
    const id = dialect.counts ? next++ : `${dialect.name}-${next++}`;
    widgets.set(id, { widget, container });
    container.append(widget);
    return id;
  }

  async function execute(which?: Container | WidgetId, parameters: Partial<Parameters> = {}): Promise<unknown> {
    await loaded;
    // reCAPTCHA 3 names a sitekey, and shows nothing.
    let found = find(which);
    if (!found && typeof which === "string" && !elementOf(which)) {
      const hidden = document.createElement("div");
      hidden.hidden = true;
      document.body.append(hidden);
      render(hidden, { sitekey: which, ...parameters });
      found = find(hidden);
    }
    if (!found) throw new Error(`${dialect.name}.execute: no such widget`);
    const [id, { widget, container }] = found;
    if (parameters.action) widget.setAttribute("data-action", String(parameters.action));
    await widget.execute();
    const response = widget.voucher;
    if (container.hidden) remove(id);
    if (!response && (container.hidden || dialect.name === "hcaptcha")) throw new Error(`${dialect.name}.execute: the check did not finish`);
    return dialect.name === "hcaptcha" ? { response, key: id } : response;
  }

  function remove(which?: Container | WidgetId): void {
    const found = find(which);
    if (!found) return;
    found[1].widget.remove();
    widgets.delete(found[0]);
  }

  return {
    ready: (task) => void loaded.then(task),
    render,
    execute,
    reset: (which) => find(which)?.[1].widget.reset?.(),
    remove,
    getResponse: (which) => find(which)?.[1].widget.voucher ?? "",
    isExpired: (which) => find(which)?.[1].widget.state === "expired",
  };
}

function elementOf(container: Container): HTMLElement | null {
  if (container instanceof HTMLElement) return container;
  const text = String(container);
  if (document.getElementById(text)) return document.getElementById(text);
  try {
    return document.querySelector(text);
  } catch {
    // Neither an id nor a selector.
    return null;
  }
}

/** What an element says in `data-` attributes. */
function written(element: HTMLElement): Told {
  const data = [...element.attributes].filter(({ name }) => name.startsWith("data-"));
  return Object.fromEntries(data.map(({ name, value }) => [name.slice(5), value]));
}

/** A callback, or the global function of that name. */
function named(callback: unknown): ((value: unknown) => void) | undefined {
  const found = typeof callback === "string" ? (window as unknown as Record<string, unknown>)[callback] : callback;
  return typeof found === "function" ? (found as (value: unknown) => void) : undefined;
}
