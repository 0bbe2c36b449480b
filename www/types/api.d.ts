// What the classic scripts in dist/compat put on `window`.

import type { Session, SessionOptions } from "./session.js";

export type WidgetId = string | number;
/** An element, its id, or a selector. */
export type Container = string | HTMLElement;

/** As the widget's `data-` attributes, without `data-`; callbacks are functions or names of global ones. */
export interface Parameters {
  sitekey: string;
  action?: string;
  cdata?: string;
  theme?: "light" | "dark" | "auto";
  size?: "normal" | "compact" | "flexible" | "invisible";
  execution?: "render" | "execute";
  /** Where it shows when there is something to show; `inline` by default. */
  display?: "inline" | "floating" | "bar" | "overlay";
  appearance?: "always" | "execute" | "interaction-only";
  "refresh-expired"?: "auto" | "manual";
  retry?: "auto" | "never";
  "response-field-name"?: string;
  /** BCP 47, or `auto`. */
  language?: string;
  tabindex?: number;
  /** Where `/challenge` is. */
  server?: string;
  callback?: string | ((voucher: string) => void);
  "expired-callback"?: string | (() => void);
  /** Hears an `ErrorCode`. */
  "error-callback"?: string | ((code: string) => void);
  /** The visitor was asked to do something and has not for five minutes. */
  "timeout-callback"?: string | (() => void);
  /** The visitor has to do something; has done it. */
  "before-interactive-callback"?: string | (() => void);
  "after-interactive-callback"?: string | (() => void);
  /** This browser cannot do the check. */
  "unsupported-callback"?: string | (() => void);
}

export interface Api {
  /** Runs `task` once the widget can be used. */
  ready(task: () => void): void;
  /** Puts a widget into an element; again, and it is the same widget. */
  render(container: Container, parameters?: Parameters): WidgetId;
  /** Starts a check; the voucher, once there is one. */
  execute(which?: Container | WidgetId, parameters?: Partial<Parameters>): Promise<unknown>;
  reset(which?: Container | WidgetId): void;
  remove(which?: Container | WidgetId): void;
  /** The voucher, or the empty string. */
  getResponse(which?: Container | WidgetId): string;
  isExpired(which?: Container | WidgetId): boolean;
}

declare global {
  interface Window {
    vouchsafe?: Api & {
      /** Begins a session of a known person; as `session` of `vouchsafe/session`. */
      session(options?: SessionOptions): Promise<Session>;
    };
  }
}
