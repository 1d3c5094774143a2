// The page of one act: wallet, form, what would be signed, signature, receipt. One function per step.
// The service says what is signed; the wallet gets exactly that; POST /api/v1/acts takes it, as from any program.

import * as fields from "./fields.js";
import * as keep from "./keep.js";
import * as opening from "./opening.js";
import { handIn, Papers } from "./papers.js";
import { sendTransaction } from "./transaction.js";
import * as view from "./view.js";
import { Wallets } from "./wallets.js";
import * as words from "./words.js";

const page = document.getElementById("act").dataset;
const wallets = new Wallets(page.chain);
// What a vote keeps to itself (vote.js); null on pages of other acts.
const vote = page.half ? new (await import("./vote.js")).Vote(page, wallets, guarded, typed) : null;
let part = vote; // what works out fields here, and checks what comes back; on pages of other acts their evidence, if any

let prepared = null; // what the service made of the form; null while it is not, or no more, what the form says
let reason = ""; // why there is nothing to sign
let over = ""; // why this page makes no other act, once it has made one
let without = ""; // why the account has nothing to make an act of
let busy = false; // a wallet was asked, or an act is on its way
let asked = 0; // counts questions to the service, so that an old answer is told from the newest

// ------------------------------------------------------------ what the form would be

async function prepare() {
  const number = ++asked;
  prepared = null;
  const missing = fields.missing();
  if (over || page.closed || without || missing) {
    reason = over || page.closed || without || `Fill in first: ${missing}.`;
    view.fieldErrors({});
    view.summary(null);
    view.foretold(null);
    return look();
  }
  clearTimeout(waiting); // not before: on a closed page it has a question of its own on the way
  reason = "One moment.";
  look(); // a button that looks as if it could be pressed, and does nothing, would eat a click
  const body = fields.body();
  if (part) {
    const found = part.fields();
    if (found.trouble) {
      reason = found.trouble;
      view.fieldErrors(found.errors ?? {});
      view.summary(null);
      view.foretold(null);
      return look();
    }
    for (const [name, value] of Object.entries(found)) body.set(name, value);
  }
  body.set("account", wallets.account ?? "");
  let answer;
  try {
    const response = await fetch(location.pathname, { method: "POST", body, headers: { Accept: "application/json" } });
    answer = await response.json();
  } catch {
    answer = { note: words.NOT_PREPARED };
  }
  if (number !== asked) return;
  fields.standFor(answer.defaults ?? {});
  view.fieldErrors(answer.errors ?? {}, answer.link);
  if (answer.ready && part) answer = part.checked(answer);
  prepared = answer.ready ? answer : null;
  reason = answer.note ?? (answer.errors ? "Look at what is marked above." : answer.ready ? "" : answer.detail ?? words.NOT_PREPARED);
  view.summary(prepared);
  view.foretold(answer.foretold);
  look();
}

// A page that is closed asks for itself until it is open. What was typed or chosen stays; where nothing was, all is made anew.
async function renew() {
  const fresh = await opening.asked();
  if (fresh && !opening.closed(fresh) && fields.untouched() && (part?.empty ?? true)) return location.reload();
  if (fresh) {
    opening.adopt(fresh, page);
    fields.fill(opening.firstValues(fresh));
    await vote?.look();
  }
  if (!page.closed) return prepare();
  opening.wait(fresh, renew);
  look(); // why may have changed
}

let waiting;
function typed() {
  fields.keepDraft();
  prepared = null;
  asked += 1; // what is on its way answers what the form said before
  reason = "One moment.";
  look();
  clearTimeout(waiting);
  waiting = setTimeout(page.closed ? renew : prepare, 200);
}

// ------------------------------------------------------------ the wallet and the one button

// What the button does now, by the first thing that is missing; `press` is null where it cannot be pressed.
function next() {
  const own = page.loggedIn;
  if (over || page.closed) return { label: page.button, why: over || page.closed };
  if (wallets.searching && !wallets.current) return { label: page.button, why: "Looking for a wallet." };
  if (!wallets.list.length) return { label: page.button, why: `No wallet was found in this browser. Install or unlock one, and load this page again${page.command ? `; or use the command line: python -m reporter ${page.command}` : ""}.` };
  if (!wallets.current) return { label: page.button, why: "Choose a wallet above." };
  if (!wallets.account) return { label: `Connect ${wallets.name}`, why: "The account is part of what is signed.", press: connect };
  if (own && own !== wallets.account) return { label: page.button, why: `You are logged in as ${words.short(own)}, and the wallet has ${words.short(wallets.account)} selected. Select ${words.short(own)} in the wallet, or log out.` };
  if (!wallets.onRightChain) return { label: `Switch the wallet to chain ${page.chain}`, why: `The wallet is on chain ${wallets.chain}. What is signed counts on chain ${page.chain} alone.`, press: switchChain };
  const first = vote?.step();
  if (first) return first;
  if (!prepared) return { label: page.button, why: reason };
  return { label: page.button, why: "", press: page.sends ? transact : sign };
}

function look() {
  const { label, why, press } = next();
  view.button(label, busy ? "" : why, Boolean(press) && !busy);
  const several = wallets.list.length > 1 ? wallets.list : [];
  const who = wallets.account ? `${wallets.name}: ${wallets.account}` : wallets.current ? `${wallets.name}, not connected` : several.length ? "Several wallets are here. Which one?" : wallets.searching ? "Looking for a wallet." : "No wallet found.";
  view.wallet(who, wallets.account ? several.filter((each) => each !== wallets.current) : several, (uuid) => wallets.choose(uuid));
}

async function connect() {
  await guarded(`${wallets.name} asks whether this site may see your account. Answer there.`, () => wallets.connect());
  await refresh();
}

async function switchChain() {
  await guarded(`${wallets.name} asks whether to change the chain. Answer there.`, () => wallets.switchChain());
  await refresh();
}

// What is signed names the account: with another one it is made anew.
let seen = "";
async function refresh() {
  look();
  const now = `${wallets.account}/${wallets.chain}`;
  if (now === seen || busy) return;
  seen = now;
  if (complained) view.problem("");
  await fillHoldings();
  await vote?.look();
  await prepare();
}

// Ask the wallet for something; its owner may say no, never answer, or be asked to forget it. Undefined where nothing came.
let complained = false; // what is shown is the wallet's answer, to a question of before
async function guarded(text, work) {
  busy = true;
  complained = false;
  view.problem("");
  look();
  try {
    return await Promise.race([work(), new Promise((_, stop) => view.status(text, { label: "Stop waiting", press: () => stop(CANCEL) }))]);
  } catch (error) {
    complained = true;
    view.problem(error === CANCEL ? words.CANCELLED : words.ofWallet(error));
  } finally {
    busy = false;
    view.status("");
    look();
  }
}
const CANCEL = new Error("cancelled");

// ------------------------------------------------------------ signing and sending

async function sign() {
  const act = prepared;
  vote?.keep();
  const raw = await guarded(`Confirm in ${wallets.name}: it shows the same numbers as below.`, () =>
    wallets.request("eth_signTypedData_v4", [act.message.account, JSON.stringify(act.typed_data)]));
  if (raw === undefined) return refresh();
  const body = { kind: act.kind, message: act.message, signatures: [canonical(raw)] };
  const kept = { digest: act.digest, body, evidence: papers?.parcel(act.evidence) ?? null };
  // Before it leaves: it can then be sent again. Where there is no room for files, at least the act.
  if (!keep.signed.write(kept)) keep.signed.write({ ...kept, evidence: null });
  await send(kept);
}

// One spelling, which the law wants: lower case, and v as 27 or 28 (some hardware wallets say 0 or 1).
function canonical(signature) {
  const hex = signature.toLowerCase();
  const v = parseInt(hex.slice(-2), 16);
  return v < 27 ? hex.slice(0, -2) + (v + 27).toString(16) : hex;
}

async function send(kept) {
  const { digest, body, evidence } = kept;
  busy = true;
  view.problem("");
  view.status("Sending.");
  look();
  let response, answer;
  try {
    response = await fetch("/api/v1/acts", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    answer = await response.json();
  } catch {
    response = null;
  }
  busy = false;
  view.status("");
  if (!response || response.status === 429 || response.status >= 500) {
    view.problem(answer?.detail ?? words.NO_ANSWER, { label: "Send the same again", press: () => send(kept) });
    return look();
  }
  const file = { digest, act: body, receipt: answer.receipt ?? null, ...(evidence && { evidence: evidence.document }) };
  if (!response.ok || !evidence) keep.signed.clear(); // else once the evidence is handed in
  if (response.ok) {
    taken(file);
    if (evidence) await offer(evidence);
  } else await refused(answer, file);
}

function taken(file) {
  keep.draft.clear();
  vote?.taken();
  const { kind } = file.act;
  const { seq, at } = file.receipt.message;
  const when = new Date(Number(at) * 1000).toISOString().replace("T", " ").slice(0, 19);
  over = words.taken(kind);
  prepared = null;
  look();
  view.receipt("Taken", `It is entry ${seq} of the book, at ${when} UTC. The service has signed for it: keep the receipt, it is your proof.${words.sealed(kind)}`, file, `/receipts/${file.digest}/`);
  view.onward();
}

// The act stands whatever becomes of its evidence.
async function offer(evidence) {
  const said = await handIn(evidence);
  if (said) return view.problem(`The act was taken; its evidence was not: ${said}`, { label: "Hand in the evidence again", press: () => offer(evidence) });
  keep.signed.clear();
  view.problem("");
  view.status("Its evidence was handed in. It is shown as soon as the act's own evidence is public.");
}

// The world has moved on while it was signed: say so, and show what the same form would be now.
async function refused(answer, file) {
  await prepare();
  const receipt = file.receipt ? { label: "Keep the signed refusal", press: () => view.receipt("Refused", answer.detail, file) } : null;
  view.problem(`Not taken: ${answer.detail} Nothing was bonded, and what you typed is still here.`, receipt);
}

// ------------------------------------------------------------ transactions

async function transact() {
  const call = prepared;
  const hash = await guarded(`Confirm in ${wallets.name}: it sends a transaction, and the chain takes a fee.`, () =>
    wallets.request("eth_sendTransaction", [{ from: call.account, ...call.transaction }]));
  if (hash === undefined) return refresh();
  keep.draft.clear();
  busy = true;
  look();
  await sendTransaction(wallets, hash, call);
  busy = false;
  over = "It was sent. Load the page again for another one.";
  prepared = null;
  look();
}

// What is redeemed is first all that the account holds; its wallet's node says how much that is.
async function fillHoldings() {
  without = "";
  if (!page.p || !wallets.account || !wallets.onRightChain) return;
  const data = "0x70a08231" + wallets.account.slice(2).padStart(64, "0"); // balanceOf(address)
  const held = [];
  for (const name of ["p", "n"]) {
    try {
      const units = BigInt(await wallets.request("eth_call", [{ to: page[name], data }, "latest"]));
      held.push(units);
      fields.hold(name, units ? decimal(units, Number(page.decimals)) : "");
    } catch {
      // then one types it
    }
  }
  if (held.length === 2 && !held.some(Boolean)) without = "This account holds no P and no N of this series.";
}

function decimal(value, decimals) {
  const digits = value.toString().padStart(decimals + 1, "0");
  const fraction = decimals ? digits.slice(-decimals).replace(/0+$/, "") : "";
  return digits.slice(0, digits.length - decimals) + (fraction && `.${fraction}`);
}

// ------------------------------------------------------------ begin

wallets.addEventListener("change", refresh);

fields.form.addEventListener("submit", (event) => {
  event.preventDefault();
  next().press?.();
});

fields.form.addEventListener("input", typed);
const papers = document.getElementById("papers") && new Papers(typed);
part ??= papers;
if (papers && !papers.empty) document.getElementById("papers").open = true;
fields.form.addEventListener("focusout", () => setTimeout(() => {
  if (fields.refill() && !prepared && !busy) prepare();
}));
const open = keep.signed.read();
if (open) {
  view.problem(words.NO_ANSWER, { label: "Send the same again", press: () => send(open) },
    { label: "Forget it", press: () => { keep.signed.clear(); view.problem(""); } });
}
if (page.closed) {
  opening.wait(document, renew);
  document.addEventListener("visibilitychange", () => page.closed && renew());
}
wallets.start();
look();
prepare();
