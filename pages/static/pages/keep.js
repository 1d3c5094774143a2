// What must outlive a closed window: what was typed, acts that were signed and have no answer yet, votes.

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null; // forbidden or spoiled: as if nothing was kept
  }
}

function write(key, value) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(value));
    return true;
  } catch {
    return false; // forbidden, or too much: then the window must stay open
  }
}

const draftKey = `assize.draft.${location.pathname}`;
const signedKey = `assize.signed.${location.pathname}`;

export const draft = { read: () => read(draftKey) ?? {}, write: (typed) => write(draftKey, typed), clear: () => write(draftKey, null) };
export const signed = { read: () => read(signedKey), write: (act) => write(signedKey, act), clear: () => write(signedKey, null) };

// Of this browser alone: a vote until it is revealed, and whether a wallet signs the same text twice alike.
export const vote = (expiry, ballot, account) => slot(`assize.vote.${expiry}.${ballot}.${account}`);
export const alike = (account, wallet) => slot(`assize.alike.${wallet}.${account}`);

function slot(key) {
  return { read: () => read(key), write: (value) => write(key, value), clear: () => write(key, null) };
}
