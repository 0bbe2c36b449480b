// A known person's session: the core by a timer, the vault by the way.

import type { Context, SessionOptions, Status, Summary, VaultState } from "../../types/session.js";
import type { VouchsafeWidget } from "../../types/vouchsafe.js";
import init, { Companion } from "../../build/session.js";
import { ParcelError, pack, unpack } from "./parcel.js";
import { Vault } from "./vault.js";

let loaded: Promise<WebAssembly.Module> | undefined;

/** The module, fetched and started once. */
function load(): Promise<WebAssembly.Module> {
  loaded ??= (async () => {
    const response = await fetch(new URL("./session.wasm", import.meta.url));
    if (!response.ok) throw new Error("vouchsafe: session.wasm is not there");
    const module = await WebAssembly.compile(await response.arrayBuffer());
    await init({ module_or_path: module });
    return module;
  })().catch((error: unknown) => {
    loaded = undefined;
    throw error;
  });
  return loaded;
}

export async function session(options: SessionOptions = {}): Promise<Session> {
  const [module, vault] = await Promise.all([load(), Vault.open(options.user ?? "me")]);
  return new Session(module, vault, await vault.read(), options);
}

export class Session extends EventTarget {
  #core: Companion;
  #timer: ReturnType<typeof setInterval>;
  #saved = 0;
  #saving: Promise<void> = Promise.resolve();
  #told = "";
  #vaultTold: VaultState;
  #watching = new AbortController();
  #widget: VouchsafeWidget | undefined;

  /** As `session()` makes it. */
  constructor(
    readonly module: WebAssembly.Module,
    private readonly kept: Vault,
    profile: Uint8Array | undefined,
    private readonly options: SessionOptions,
  ) {
    super();
    this.#core = this.#begin(profile);
    this.#vaultTold = kept.state;
    this.surround(options.context ?? {});
    this.#timer = setInterval(() => this.#update(), EVERY_MS);
    const { signal } = this.#watching;
    const leave = () => void this.#save(true);
    window.addEventListener("pagehide", leave, { signal });
    document.addEventListener("visibilitychange", () => document.hidden && leave(), { signal });
    if (options.sitekey) void this.#prepare();
  }

  get status(): Status {
    return this.#core.status as Status;
  }

  get vault(): VaultState {
    return this.kept.state;
  }

  get summary(): Summary {
    return this.#core.summary as Summary;
  }

  surround(context: Context): void {
    const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
    this.#core.surround({ timeZone, language: navigator.language, ...context }, Date.now() / 1000);
    this.#tell();
  }

  passed(): void {
    this.#act((core) => core.pass());
  }

  failed(): void {
    this.#act((core) => core.fail());
  }

  unlock(): void {
    this.#act((core) => core.unlock());
  }

  async end(): Promise<void> {
    if (this.#watching.signal.aborted) return;
    this.#act((core) => core.end());
    await this.#saving;
  }

  registerFace(embedding: number[]): void {
    const salt = crypto.getRandomValues(new Uint8Array(32));
    this.#act((core) => core.registerFace(Float32Array.from(embedding), salt));
  }

  forgetFace(): void {
    this.#act((core) => core.registerFace(new Float32Array(), new Uint8Array(32)));
  }

  face(embedding: number[]): boolean | undefined {
    return this.#act((core) => core.face(Float32Array.from(embedding)));
  }

  async voucher(action?: string): Promise<string> {
    if (!this.options.sitekey) throw new Error("vouchsafe: session.voucher needs a sitekey");
    const { state } = this.status;
    if (state !== "open") throw new Error(`vouchsafe: no voucher while the session is ${state}`);
    const widget = await this.#prepare();
    if (action) widget.dataset.action = action;
    else delete widget.dataset.action;
    widget.reset();
    await widget.execute();
    const { voucher } = widget;
    widget.reset();
    if (!voucher) throw new Error("vouchsafe: no voucher could be made");
    return voucher;
  }

  export(passphrase: string): Promise<Uint8Array<ArrayBuffer>> {
    return pack(new Uint8Array(this.#core.profile()), passphrase, this.module);
  }

  async import(parcel: Uint8Array, passphrase: string): Promise<void> {
    const profile = await unpack(parcel, passphrase, this.module);
    let core: Companion;
    try {
      core = this.#begin(profile, true);
    } catch {
      throw new ParcelError("not-a-parcel");
    }
    this.#replace(core);
    await this.#save(true);
  }

  async forget(): Promise<void> {
    await this.#saving;
    await this.kept.forget();
    this.#replace(this.#begin(undefined));
  }

  feed(events: Float64Array): void {
    this.#act((core) => core.feed(events));
  }

  /** A core with what is known; a profile that does not read counts as a damaged vault, unless it must read. */
  #begin(profile: Uint8Array | undefined, must = false): Companion {
    const watch = this.options.watch ?? true;
    try {
      return new Companion(profile, this.options.policy, watch, performance.now());
    } catch (error) {
      if (!profile || must) throw error;
      this.kept.state = "damaged";
      return new Companion(undefined, this.options.policy, watch, performance.now());
    }
  }

  #replace(core: Companion): void {
    this.#core.detach();
    this.#core.free();
    this.#core = core;
    this.surround(this.options.context ?? {});
  }

  #update(): void {
    this.#act((core) => core.update(performance.now()));
    void this.#save(false);
  }

  #act<T>(work: (core: Companion) => T): T | undefined {
    if (this.#watching.signal.aborted) return undefined;
    const done = work(this.#core);
    this.#tell();
    return done;
  }

  /** Tells the page what is new. */
  #tell(): void {
    const status = this.status;
    const fire = (type: string, detail: object) => this.dispatchEvent(new CustomEvent(type, { detail }));
    for (let notice = this.#core.notice(); notice; notice = this.#core.notice()) {
      const { type, ...more } = notice as { type: string };
      if (type === "ended") this.#stop();
      fire(type, { ...status, ...more });
    }
    const told = JSON.stringify([status.trust, status.state, status.reasons.map(({ signal }) => signal), status.enrolled]);
    if (told !== this.#told) {
      this.#told = told;
      fire("trust", status);
    }
    if (this.kept.state !== this.#vaultTold) {
      this.#vaultTold = this.kept.state;
      fire("vault", { vault: this.kept.state });
    }
  }

  /** Ends watching; what was learnt is kept. */
  #stop(): void {
    clearInterval(this.#timer);
    this.#core.detach();
    void this.#save(true);
    this.#watching.abort();
    this.#widget?.remove();
  }

  #save(now: boolean): Promise<void> {
    const due = now || performance.now() - this.#saved > SAVE_EVERY_MS;
    if (due && this.#core.takeChanged()) {
      this.#saved = performance.now();
      const profile = new Uint8Array(this.#core.profile());
      this.#saving = this.#saving.then(() => this.kept.write(profile)).then(() => this.#tell());
    }
    return this.#saving;
  }

  /** A widget nobody sees: it has watched since the session began, and its vouchers say so. */
  async #prepare(): Promise<VouchsafeWidget> {
    await import("./vouchsafe.js" as string);
    if (!this.#widget) {
      this.#widget = document.createElement("vouchsafe-widget");
      const { sitekey, server } = this.options;
      Object.assign(this.#widget.dataset, { sitekey, execution: "execute", ...(server ? { server } : {}) });
      this.#widget.hidden = true;
      document.body.append(this.#widget);
      // Starts watching.
      void this.#widget.assess().catch(() => undefined);
    }
    return this.#widget;
  }
}

const EVERY_MS = 500;
const SAVE_EVERY_MS = 10_000;
