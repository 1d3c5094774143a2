// The page of an act that was opened too early: it asks for itself, soon after the instant that it names and now and then.

const PAUSE_MS = 30_000;
const LATE_MS = 2_000; // what the instant moves on takes the service a moment
const SOON_MS = 60_000; // and then it may take it some more
const STAGE = '[aria-label="Stage"]';
const CHANGES = [STAGE, '[aria-label="Your vote"] > h2', "#id_bond_help"]; // with the stage, beside the facts in #act

const act = (of) => of.getElementById("act");
export const closed = (of) => act(of).dataset.closed;

let questions = 0; // so that an old answer does not undo the newest

// The page as it is now; null while nobody looks, and where no answer comes.
export async function asked() {
  const number = ++questions;
  if (document.visibilityState === "hidden") return null;
  try {
    const response = await fetch(location.href);
    const found = new DOMParser().parseFromString(await response.text(), "text/html");
    return number === questions && response.ok && act(found) ? found : null;
  } catch {
    return null;
  }
}

// Takes what has changed out of a newer page; fields and what stands in them stay.
export function adopt(newer, page) {
  Object.assign(page, act(newer).dataset);
  for (const part of CHANGES) document.querySelector(part)?.replaceWith(newer.querySelector(part) ?? "");
}

export function firstValues(of) {
  return Object.fromEntries([...of.querySelectorAll("#act-form input[name]")].map((input) => [input.name, input.defaultValue]));
}

let waiting;
export function wait(of, look) {
  clearTimeout(waiting);
  waiting = setTimeout(look, pause(of));
}

// By the server's clock, as in time.js.
function pause(of) {
  const at = Date.parse(of?.querySelector(`${STAGE} time`)?.dateTime);
  const left = at - 1000 * Number(of?.documentElement.dataset.now);
  if (left > 0) return Math.min(left + LATE_MS, PAUSE_MS);
  return left > -SOON_MS ? LATE_MS : PAUSE_MS; // also where no instant is named
}
