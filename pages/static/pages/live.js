// Asks for the page anew when something has happened to this expiry; htmx puts the new part in place of the old one.
// A stream holds a thread of the server: where none is free, and while nobody looks, it asks now and then instead.
"use strict";

const WAIT_MS = 300;  // acts come in bursts
const POLL_MS = 30000;
const STAY_MS = 3000;  // whoever leaves before has taken no stream
let source = null;
let waiting = null;
let away = false;

const region = () => document.getElementById("live");

function happened() {
  if (waiting) return;
  waiting = setTimeout(() => {
    waiting = null;
    // Whoever is typing in it would lose what was typed.
    if (region().contains(document.activeElement) && document.activeElement.matches("input")) happened();
    else window.htmx.trigger(region(), "happened");
  }, WAIT_MS);
}

function listen() {
  source = new EventSource(region().dataset.events);
  for (const kind of region().dataset.kinds.split(" ")) source.addEventListener(kind, happened);
}

function look() {
  if (document.visibilityState === "hidden") {
    if (source) source.close();
    source = null;
    away = true;
  } else if (!source) {
    if (away) happened();
    away = false;
    listen();
  }
}

// What the reader has unfolded stays unfolded.
let unfolded = [];
const words = (details) => details.querySelector("summary").textContent;
document.addEventListener("htmx:beforeSwap", () => {
  unfolded = [...region().querySelectorAll("details[open]")].map(words);
});
document.addEventListener("htmx:afterSettle", () => {
  for (const details of region().querySelectorAll("details")) if (unfolded.includes(words(details))) details.open = true;
});

if (region() && window.htmx) {
  setTimeout(look, STAY_MS);
  document.addEventListener("visibilitychange", look);
  setInterval(() => {
    if (document.visibilityState === "visible" && (!source || source.readyState === EventSource.CLOSED)) happened();
  }, POLL_MS);
}
