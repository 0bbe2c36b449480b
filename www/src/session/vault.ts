// Where a profile lies: in IndexedDB, encrypted with a key that this browser keeps and nobody can read out.

/** `stored`, or why it is not: no storage here, no room, a record of a newer version, somebody else's or a broken one. */
export type VaultState = "stored" | "memory" | "full" | "newer" | "damaged";

interface Kept {
  version: number;
  key: CryptoKey;
  iv: Uint8Array<ArrayBuffer>;
  data: ArrayBuffer;
}

const VERSION = 1;

export class Vault {
  state: VaultState = "memory";
  #database: IDBDatabase | undefined;
  #key: CryptoKey | undefined;

  private constructor(readonly name: string) {}

  /** Opens the vault of `name`; where the browser stores nothing, one that keeps nothing. */
  static async open(name: string): Promise<Vault> {
    const vault = new Vault(name);
    try {
      vault.#database = await database();
      vault.#database.onversionchange = () => vault.close();
      vault.state = "stored";
    } catch {
      // Private windows of some browsers, and pages without storage.
    }
    return vault;
  }

  /** What was kept, if anything that can be read. */
  async read(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    let kept: Kept | undefined;
    try {
      kept = (await this.#do("readonly", (store) => store.get(this.name))) as Kept | undefined;
      if (kept === undefined) return undefined;
      if (kept.key instanceof CryptoKey) this.#key = kept.key;
      if (kept.version > VERSION) {
        this.state = "newer";
        return undefined;
      }
      return new Uint8Array(await crypto.subtle.decrypt(cipher(this.name, kept.iv), kept.key, kept.data));
    } catch {
      this.state = this.#database ? "damaged" : "memory";
      return undefined;
    }
  }

  /** Keeps `profile`. What a newer version wrote is left alone. */
  async write(profile: Uint8Array<ArrayBuffer>): Promise<void> {
    if (!this.#database || this.state === "newer") return;
    try {
      const key = (this.#key ??= await newKey());
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const data = await crypto.subtle.encrypt(cipher(this.name, iv), key, profile);
      await this.#do("readwrite", (store) => store.put({ version: VERSION, key, iv, data } satisfies Kept, this.name));
      this.state = "stored";
    } catch (error) {
      this.state = error instanceof DOMException && error.name === "QuotaExceededError" ? "full" : "memory";
    }
  }

  /** Forgets the profile and its key. */
  async forget(): Promise<void> {
    if (!this.#database) return;
    await this.#do("readwrite", (store) => store.delete(this.name));
    this.#key = undefined;
    this.state = "stored";
  }

  close(): void {
    this.#database?.close();
    this.#database = undefined;
  }

  #do(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (!this.#database) return void reject(new Error("no database"));
      const transaction = this.#database.transaction(STORE, mode, { durability: "relaxed" });
      const request = work(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error ?? request.error);
    });
  }
}

function newKey(): Promise<CryptoKey> {
  return crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

/** A record moved to another name does not open. */
function cipher(name: string, iv: Uint8Array<ArrayBuffer>): AesGcmParams {
  return { name: "AES-GCM", iv, additionalData: new TextEncoder().encode(`vouchsafe vault ${VERSION}\0${name}`) };
}

function database(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = request.onblocked = () => reject(request.error ?? new Error("blocked"));
  });
}

const DATABASE = "vouchsafe";
const STORE = "profiles";
