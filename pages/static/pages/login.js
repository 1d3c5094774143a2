// Log in by EIP-4361: the service makes a text, the wallet signs it, the service checks it (pages/login.py).

import * as view from "./view.js";
import { Wallets } from "./wallets.js";
import * as words from "./words.js";

const page = document.getElementById("login").dataset;
const form = document.getElementById("login-form");
const wallets = new Wallets(page.chain);
let busy = false;

function look() {
  const several = wallets.list.length > 1 ? wallets.list : [];
  const who = wallets.account ? `${wallets.name}: ${wallets.account}` : wallets.current ? wallets.name : several.length ? "Several wallets are here. Which one?" : wallets.searching ? "Looking for a wallet." : "No wallet found.";
  view.wallet(who, several.filter((each) => each !== wallets.current), (uuid) => wallets.choose(uuid));
  const none = !wallets.searching && !wallets.list.length;
  const why = none ? "No wallet was found in this browser. Install or unlock one, and load this page again." : wallets.current ? "" : "Choose a wallet above.";
  view.button("Log in with the wallet", busy ? "" : why, Boolean(wallets.current) && !busy);
}

async function post(path, body) {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": form.elements.csrfmiddlewaretoken.value };
  let response, answer;
  try {
    response = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
    answer = await response.json();
  } catch {
    throw new Error(words.NO_LOGIN);
  }
  if (!response.ok) throw new Error(answer.detail);
  return answer;
}

async function enter() {
  if (!wallets.account) await ask(() => wallets.connect());
  if (!wallets.onRightChain) await ask(() => wallets.switchChain());
  const account = wallets.account;
  const { text } = await post("/login/text", { address: account });
  const hex = "0x" + [...new TextEncoder().encode(text)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const raw = (await ask(() => wallets.request("personal_sign", [hex, account]))).toLowerCase();
  const v = parseInt(raw.slice(-2), 16);
  const signature = v < 27 ? raw.slice(0, -2) + (v + 27).toString(16) : raw;
  const answer = await post("/login/enter", { text, signature, next: page.next });
  location.assign(answer.next);
}

class OfWallet extends Error {}

function ask(work) {
  const stopped = new Promise((_, stop) => view.status(`Confirm in ${wallets.name}.`, { label: "Stop waiting", press: () => stop(new OfWallet(words.CANCELLED)) }));
  const answered = work().catch((error) => { throw new OfWallet(words.ofWallet(error)); });
  return Promise.race([answered, stopped]);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  busy = true;
  view.problem("");
  look();
  try {
    await enter();
  } catch (error) {
    view.problem(error.message || words.NO_LOGIN);
  }
  busy = false;
  view.status("");
  look();
});

wallets.addEventListener("change", look);
wallets.start();
look();
