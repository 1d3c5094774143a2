// The part of a vote that stays in this browser: its price until it is revealed, and its salt (docs/voting.md).
// act.js asks for the fields that may leave, for the step that comes before signing, and tells what became of it.

import * as keep from "./keep.js";
import { commitmentOf, randomSalt, saltOf, saltText, toHex } from "./salt.js";

const DECIMALS = 18;
const byId = (id) => document.getElementById(id);

export class Vote {
  // `guarded` asks the wallet with its owner in mind; `changed` has the form looked at anew.
  constructor(page, wallets, guarded, changed) {
    Object.assign(this, { page, wallets, guarded, changed, opened: null, unread: "" });
    this.revealing = page.half === "reveal";
    this.input = byId("id_price");
    this.forget();
    byId("backup").addEventListener("click", () => { this.saved = true; queueMicrotask(changed); });
    const picker = byId("from-file");
    picker?.addEventListener("click", () => { picker.value = ""; }); // so that the same file can be chosen once more
    picker?.addEventListener("change", () => this.open(picker.files[0]));
    if (picker?.files.length) this.open(picker.files[0]); // chosen before this script was there
  }

  forget() {
    Object.assign(this, { account: this.wallets.account, salt: null, price: null, random: false, saved: false, committed: null, revealed: false, voter: null });
  }

  get empty() {
    return !this.opened;
  }

  get store() {
    return keep.vote(this.page.expiry, this.page.ballot, this.account);
  }

  // Of the account that is connected now: what the book says, and what this browser has kept.
  async look() {
    this.forget();
    if (!this.account || this.page.ballot === "0") return this.say();
    const kept = this.fromFile() ?? this.store.read();
    if (kept) this.take(kept);
    const account = this.account;
    try {
      const response = await fetch(`/api/v1/expiries/${this.page.slug}/voters/${account}`);
      if (account !== this.account) return;
      this.voter = response.ok ? await response.json() : null;
      this.committed = this.voter?.votes.at(-1)?.commitment ?? null;
      this.revealed = Boolean(this.voter?.votes.at(-1)?.price);
    } catch {
      // the service then says it when it is asked what would be signed
    }
    this.tryKnown();
    this.say();
  }

  take(kept) {
    this.salt = kept.salt;
    this.random = Boolean(kept.random);
    this.saved = true; // it was kept, so it was asked about before
    if (!this.input.value) this.input.value = decimal(kept.price);
  }

  // ---------------------------------------------------------- what may leave this browser

  fields() {
    const price = integer(this.input.value);
    const wrong = this.wrongPrice(price);
    this.price = null;
    if (wrong) return this.marked(wrong);
    if (!this.account || !this.salt) return { trouble: this.account ? "The salt comes first." : "Connect a wallet: the vote is bound to its account." };
    this.commitment = commitmentOf({ ...this.page, account: this.account, price, salt: this.salt });
    const opens = !this.committed || this.commitment === this.committed;
    if (this.revealing && !opens) return this.marked("This price does not open the vote that you committed. Try another one, or open your backup file.");
    if (opens) this.price = price.toString();
    this.backup();
    this.say();
    if (!this.revealing) return { ballot: this.page.ballot, commitment: this.commitment };
    return { ballot: this.page.ballot, price: this.price, salt: this.salt };
  }

  // A price that is no vote: nothing says any more that it was one, or keeps it.
  marked(said) {
    this.backup();
    this.say();
    return { trouble: "Look at what is marked above.", errors: { price: said } };
  }

  wrongPrice(price) {
    if (price === null) return "Write a number such as 2500.25: a point before the decimals, nothing between thousands.";
    if (price < BigInt(this.page.least) || price > BigInt(this.page.most)) return `The index has prices from ${decimal(this.page.least)} to ${decimal(this.page.most)}.`;
    if (price % BigInt(this.page.tick)) return `Prices of this index are multiples of ${decimal(this.page.tick)}.`;
    return "";
  }

  // The service answers with what is signed. It is signed only if it is what was worked out here.
  checked(answer) {
    const wanted = { account: this.account, expiry: this.page.expiry, ballot: this.page.ballot };
    Object.assign(wanted, this.revealing ? { price: this.price, salt: this.salt } : { commitment: this.commitment });
    const same = (fields) => Object.entries(wanted).every(([name, value]) => String(fields[name]) === value);
    if (same(answer.message) && same(answer.typed_data.message)) return answer;
    return { note: "The service answered with another vote than yours. Nothing was signed. Do not go on here; tell the operator." };
  }

  // ---------------------------------------------------------- the salt

  // What has to be done before there is something to sign; null where nothing has.
  step() {
    const { name } = this.wallets;
    if (this.voter === null || (this.revealing ? this.revealed || !this.committed : this.committed)) return null; // the service says why
    if (!this.salt) {
      const why = this.revealing ? "It makes the same salt again that sealed your vote. Or open a backup file." : "Its signature of a short text becomes the salt that seals your vote.";
      return { label: `Make the salt with ${name}`, why, press: () => this.derive() };
    }
    if (this.random && !this.saved && this.price) {
      return { label: "Download the backup file", why: `${name} signs the same text differently each time, so the salt of this vote is random, and only this file can open the vote on another device.`, press: () => byId("backup").click() };
    }
    return null;
  }

  async derive() {
    const { account, page, wallets } = this;
    const hex = toHex(new TextEncoder().encode(saltText({ ...page, account })));
    const sign = () => wallets.request("personal_sign", [hex, account]);
    const alike = keep.alike(account, wallets.current.info.rdns);
    const first = await this.guarded(`Confirm in ${wallets.name}: a text that makes the salt of your vote. It moves no money.`, async () => saltOf(await sign()));
    if (first === undefined || account !== this.account) return;
    this.salt = first;
    if (!this.revealing && alike.read() !== true) {
      const again = await this.guarded(`Once more, this one time: whether ${wallets.name} signs the same text alike decides whether the vote can be opened on another device.`, async () => saltOf(await sign()));
      if (again === undefined || account !== this.account) return void (this.salt = null);
      if (again === first) alike.write(true);
      else Object.assign(this, { salt: randomSalt(), random: true, saved: false });
    }
    this.tryKnown();
    this.say();
    this.changed();
  }

  // Who has forgotten the price has most likely voted for one that somebody has named.
  tryKnown() {
    if (!this.revealing || !this.salt || !this.committed || this.input.value) return;
    const opens = (price) => commitmentOf({ ...this.page, account: this.account, price, salt: this.salt }) === this.committed;
    const found = this.page.known.split(" ").filter(Boolean).find(opens);
    if (found) this.input.value = decimal(found);
  }

  // ---------------------------------------------------------- keeping it

  document() {
    const { expiry, slug, ballot } = this.page;
    return { expiry, slug, ballot, account: this.account, price: this.price, salt: this.salt, commitment: this.commitment, random: this.random };
  }

  backup() {
    const link = byId("backup");
    link.hidden = this.price === null;
    if (link.hidden) return;
    link.href = URL.createObjectURL(new Blob([JSON.stringify(this.document(), null, 1)], { type: "application/json" }));
    // As the command line calls it, which can read it.
    link.download = `vote-${this.page.expiry.slice(2, 14)}-${this.page.ballot}-${this.account.slice(2, 10)}.json`;
  }

  async open(file) {
    if (!file) return;
    const text = file.size > 10_000 ? "" : await file.text();
    let kept = null;
    try {
      kept = JSON.parse(text);
    } catch {
      // said below
    }
    const fits = kept?.expiry === this.page.expiry && String(kept.ballot) === this.page.ballot && /^0x[0-9a-f]{40}$/.test(kept.account) && /^0x[0-9a-f]{64}$/.test(kept.salt) && /^[0-9]{1,37}$/.test(kept.price);
    this.unread = fits ? "" : kept?.salt ? "This file is of another ballot." : "This is no backup file of a vote.";
    if (!fits) return this.say();
    this.opened = kept;
    this.input.value = "";
    await this.look();
    this.changed();
  }

  // What was opened may be of another account than the one that is connected, or before any is.
  fromFile() {
    return this.opened?.account === this.account ? this.opened : null;
  }

  // Before the wallet is asked: whatever happens then, what opens the vote is here.
  keep() {
    this.store.write(this.document());
  }

  taken() {
    if (!this.revealing) return;
    this.store.clear();
    this.revealed = true;
    this.say();
  }

  missing() {
    if (!this.revealing) return "The salt is not made yet.";
    return `This browser does not have the salt.${this.committed ? " Make it again with the wallet that you committed with, or open your backup file." : ""}`;
  }

  say() {
    const weight = this.voter ? ` Your weight is ${decimal(this.voter.weight)} ETH.` : "";
    const where = this.revealed ? "Your vote is revealed." : this.salt && this.random ? "The salt is random and kept in this browser and in the backup file." : this.salt ? "The salt is made; the same wallet makes it again on any device." : this.missing();
    const vote = this.salt && this.price && !this.revealed ? ` Your vote: ${decimal(this.price)}.` : "";
    const file = this.opened && !this.fromFile() ? ` The backup file is of the account ${this.opened.account}: select it in the wallet.` : "";
    if (this.unread || this.account || file) byId("vote-state").textContent = `${this.unread || where}${file}${vote}${weight}`;
  }
}

// As our own pages write it. `1,234` alone is refused: to many people it is a little more than one.
const GROUPED = /^(?:[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]+|[0-9]{1,3}(?:,[0-9]{3}){2,})$/;

// `2500.25` as an integer with 18 decimals; null for anything else, as in pages/reading.py. No float comes near it.
export function integer(text) {
  text = text.trim().replace(/[\u00a0 ]/g, "");
  if (GROUPED.test(text)) text = text.replaceAll(",", "");
  const found = /^([0-9]{0,30})(?:\.([0-9]{0,18}))?$/.exec(text);
  if (!found || !(found[1] || found[2])) return null;
  return BigInt((found[1] || "0") + (found[2] ?? "").padEnd(DECIMALS, "0"));
}

export function decimal(value) {
  const digits = BigInt(value).toString().padStart(DECIMALS + 1, "0");
  const fraction = digits.slice(-DECIMALS).replace(/0+$/, "");
  return digits.slice(0, -DECIMALS) + (fraction && `.${fraction}`);
}
