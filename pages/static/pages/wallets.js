// Wallets in this browser: found by EIP-6963, spoken to by EIP-1193. Which one was used last is remembered.

const REMEMBERED = "assize.wallet";
const PATIENCE_MS = 400; // wallets announce themselves at once; after this, none is there

export class Wallets extends EventTarget {
  constructor(chainId) {
    super();
    this.chainId = BigInt(chainId);
    this.found = new Map();
    this.searching = true;
    this.current = null; // {info, provider}
    this.account = null; // lower case, as the law spells addresses
    this.chain = null;
  }

  start() {
    window.addEventListener("eip6963:announceProvider", (event) => this.#add(event.detail));
    window.dispatchEvent(new Event("eip6963:requestProvider"));
    setTimeout(() => this.#settle(), PATIENCE_MS);
  }

  get list() {
    return [...this.found.values()];
  }

  get name() {
    return this.current?.info.name ?? "";
  }

  get onRightChain() {
    return this.chain === this.chainId;
  }

  async choose(uuid) {
    const chosen = this.found.get(uuid);
    if (!chosen) return;
    this.current = chosen;
    remember(chosen.info.rdns);
    chosen.provider.on?.("accountsChanged", (accounts) => this.current === chosen && this.#accounts(accounts));
    chosen.provider.on?.("chainChanged", (chain) => this.current === chosen && this.#chain(chain));
    try {
      this.#chain(await this.request("eth_chainId"));
      this.#accounts(await this.request("eth_accounts")); // only what it lets this site see already
    } catch {
      this.#changed();
    }
  }

  // Both raise the wallet's own errors (words.js).
  async connect() {
    this.#accounts(await this.request("eth_requestAccounts"));
    this.#chain(await this.request("eth_chainId"));
  }

  async switchChain() {
    await this.request("wallet_switchEthereumChain", [{ chainId: "0x" + this.chainId.toString(16) }]);
    this.#chain(await this.request("eth_chainId"));
  }

  request(method, params) {
    return this.current.provider.request({ method, params });
  }

  #add(detail) {
    if (!detail?.info?.uuid || !detail.provider || this.found.has(detail.info.uuid)) return;
    this.found.set(detail.info.uuid, detail);
    // The one of last time is taken at once; any other waits until all have spoken.
    if (!this.current && detail.info.rdns === remembered()) this.choose(detail.info.uuid);
    else if (!this.searching) this.#settle();
    else this.#changed();
  }

  #settle() {
    this.searching = false;
    if (!this.current && this.found.size === 0 && window.ethereum?.request) {
      const info = { uuid: "injected", name: "Wallet", rdns: "injected" }; // one from before EIP-6963
      this.found.set(info.uuid, { info, provider: window.ethereum });
    }
    if (!this.current && this.found.size === 1) this.choose([...this.found.keys()][0]);
    this.#changed();
  }

  #accounts(accounts) {
    this.account = accounts?.[0]?.toLowerCase() ?? null;
    this.#changed();
  }

  #chain(chain) {
    this.chain = BigInt(chain);
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

function remembered() {
  try {
    return localStorage.getItem(REMEMBERED);
  } catch {
    return null; // storage may be forbidden; then one chooses anew
  }
}

function remember(rdns) {
  try {
    localStorage.setItem(REMEMBERED, rdns);
  } catch {
    // as above
  }
}
