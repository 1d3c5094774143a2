// The fields of an act's form. What was typed stays; one that nobody has touched shows what it stands for.

import * as keep from "./keep.js";

export const form = document.getElementById("act-form");
const inputs = [...form.querySelectorAll("[data-field] input:not([type=file]), [data-field] textarea")];

let standsFor = {}; // by the service's last answer
const held = {}; // by the wallet

for (const input of inputs) input.dataset.filled = input.defaultValue; // somebody may have typed before this script was there
const kept = keep.draft.read();
for (const input of inputs) if (kept[input.name] && isUntouched(input)) input.value = kept[input.name];

function isUntouched(input) {
  return !input.value || input.dataset.filled === input.value;
}

export const untouched = () => inputs.every(isUntouched);

// The labels of required fields in which nothing stands.
export const missing = () => inputs.filter((input) => input.required && !input.value.trim()).map((input) => input.dataset.label).join(", ");

// The form as the service wants it: empty where it only shows what it stands for.
export function body() {
  const found = new FormData(form);
  for (const input of inputs) if (standsFor[input.name] !== undefined && isUntouched(input)) found.set(input.name, "");
  return found;
}

export function standFor(found) {
  standsFor = found;
  fill(found);
}

export function hold(name, value) {
  held[name] = value;
  fill(held);
}

export const refill = () => fill({ ...standsFor, ...held });

// Whether anything came in. The field that somebody is in waits until it is left: a number that appeared under their
// fingers would be typed into.
export function fill(found) {
  let some = false;
  for (const input of inputs) {
    const text = found[input.name];
    if (text !== undefined && input !== document.activeElement && isUntouched(input)) {
      input.value = input.dataset.filled = text;
      some = true;
    }
  }
  return some;
}

export function keepDraft() {
  keep.draft.write(Object.fromEntries(inputs.filter((input) => input.value !== input.dataset.filled).map((input) => [input.name, input.value])));
}
