// What went wrong in a wallet, in words: what happened, and what to do. Codes are those of EIP-1193 and EIP-1474.

const BY_CODE = {
  4001: "You declined in the wallet. Nothing was signed or sent; press the button when you want to.",
  4100: "The wallet does not let this site use the account. Select the account in the wallet, and try again.",
  4200: "This wallet cannot do that. Try another one.",
  4900: "The wallet has lost its connection. Nothing was sent; look into the wallet, and try again.",
  4901: "The wallet is not connected to this chain. Look into the wallet, and try again.",
  4902: "The wallet does not know this chain. Add it there, and try again.",
  "-32002": "The wallet has a question open already. Answer it there.",
};

// Some wallets, those of phones above all, put their own code over the one that says what happened.
export function ofWallet(error) {
  const known = BY_CODE[error?.data?.originalError?.code] ?? BY_CODE[error?.code];
  if (known) return known;
  const said = String(error?.message ?? error).slice(0, 300);
  return `The wallet answered: ${said} Nothing was sent as far as we know; look into the wallet, and try again.`;
}

export const CANCELLED =
  "We wait no more. If the wallet still asks, decline there. What you typed is still here; press the button to try again.";
export const NO_ANSWER =
  "The act was signed, and no answer came. It may have been taken. Send the same again: it counts once.";
export const NO_LOGIN = "The service did not answer, so you are not logged in. Press the button to try again.";
export const NOT_PREPARED = "The service did not answer. What you typed is still here; try again.";

// Of these an account has one.
const ONCE = {
  Report: "An account reports once on an expiry.",
  VoteCommit: "An account commits once in a ballot; what it committed is revealed once committing has closed.",
  VoteReveal: "An account reveals once in a ballot.",
};
export const taken = (kind) => `It was taken. ${ONCE[kind] ?? "Load the page again for another one."}`;
export const sealed = (kind) => (kind === "Report" ? " It also holds what is still sealed." : "");

export const short = (address) => `${address.slice(0, 6)}…${address.slice(-4)}`;
