// The salt of a vote and its commitment, as protocol/vote_salt.py and protocol/signing.py have them (docs/voting.md).

import { keccak256 } from "./keccak.js";

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

export const toHex = (bytes) => "0x" + [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const word = (value) => BigInt(value).toString(16).padStart(64, "0");

function fromHex(digits) {
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

export function saltText({ expiry, ballot, account, chain, oracle }) {
  return `Assize: make the salt of one sealed vote.

Whoever has this signature can read the vote before it is revealed. Sign it only in order to vote, on a site that you trust. It moves no money.

Expiry: ${expiry}
Ballot: ${ballot}
Account: ${account}
Chain: ${chain}
Oracle: ${oracle}`;
}

export function saltOf(signature) {
  const digits = signature.toLowerCase();
  if (!/^0x[0-9a-f]{130}$/.test(digits)) throw new Error("The wallet's signature is not one of a key of its own; contract wallets cannot vote.");
  const s = BigInt("0x" + digits.slice(66, 130));
  return toHex(keccak256(fromHex(digits.slice(2, 66) + word(s > ORDER / 2n ? ORDER - s : s))));
}

export function randomSalt() {
  return toHex(crypto.getRandomValues(new Uint8Array(32)));
}

export function commitmentOf({ expiry, ballot, account, price, salt }) {
  return toHex(keccak256(fromHex([expiry, ballot, account, price, salt].map(word).join(""))));
}
