// After a wallet has sent a transaction: wait for its block, as the wallet's node sees it.

import * as view from "./view.js";
import { short } from "./words.js";

const POLL_MS = 1000;
const PATIENCE_MS = 180_000;

export async function sendTransaction(wallets, hash, call) {
  view.status(`Sent as ${short(hash)}. Waiting for its block; you may close this window.`);
  const receipt = await mined(wallets, hash);
  view.status("");
  if (!receipt) {
    view.problem(`${hash} has no block yet. It may still come: your wallet shows it.`);
  } else if (BigInt(receipt.status) !== 1n) {
    view.problem(`The transaction ${hash} failed in block ${BigInt(receipt.blockNumber)}. Only the fee was paid. Load the page again: something has changed since.`);
  } else {
    view.done("Done", `${call.sentence} In block ${BigInt(receipt.blockNumber)}.`, call.after, `Transaction ${hash}`);
  }
}

async function mined(wallets, hash) {
  const end = Date.now() + PATIENCE_MS;
  while (Date.now() < end) {
    try {
      const receipt = await wallets.request("eth_getTransactionReceipt", [hash]);
      if (receipt) return receipt;
    } catch {
      // the node may not know it yet
    }
    await new Promise((next) => setTimeout(next, POLL_MS));
  }
  return null;
}
