// Asks for the page anew when something has happened to what it shows; htmx puts the new part in place of the old one.
// A stream holds a thread of the server: where none is free or none is named, and while nobody looks, it asks now and
// then instead. Whoever reads by keyboard or ear is left where they were, and is told what happened.
"use strict";

const WAIT_MS = 300;  // acts come in bursts
const POLL_MS = 30000;
const STAY_MS = 3000;  // whoever leaves before has taken no stream
const HEADING = "h2, h3";
const FOCUSABLE = "a[href], summary, button, input, select, textarea, [tabindex]";
let source = null;
let waiting = null;
let away = false;

const region = () => document.getElementById("live");
const line = document.getElementById("happened");
const words = line ? JSON.parse(line.dataset.words) : {};
const unsaid = new Set();

// `event` is one of the stream's; none where it was only time to look.
function happened(event) {
  if (event) unsaid.add(words[event.type]);
  waiting ??= setTimeout(ask, WAIT_MS);
}

function ask() {
  waiting = null;
  // Whoever is typing in it would lose what was typed.
  if (region().contains(document.activeElement) && document.activeElement.matches("input, select, textarea")) happened();
  else window.htmx.trigger(region(), "happened");
}

function listen() {
  source = new EventSource(region().dataset.events);
  for (const kind of Object.keys(words)) source.addEventListener(kind, happened);
}

function look() {
  if (document.visibilityState === "hidden") {
    if (source) source.close();
    source = null;
    away = true;
  } else {
    if (away) happened();
    away = false;
    if (!source && region().dataset.events) listen();
  }
}

// ---------------------------------------------------------- what the reader did to the old part, done to the new one

// Elements by what they are called; of several that are called the same, by which of them it is. A region that scrolls
// is called by its label alone: what stands in it changes. So does what a link asks for: its words stand for its query.
function named(selector) {
  const count = new Map();
  const found = new Map();
  for (const element of region().querySelectorAll(selector)) {
    const label = element.getAttribute("aria-labelledby") || element.getAttribute("aria-label");
    const text = element.matches(".scroll") ? "" : (element.querySelector("summary") ?? element).textContent;
    const name = element.id || element.getAttribute("href")?.replace(/\?.*/, ` ${text}`) || label || text;
    count.set(name, (count.get(name) ?? 0) + 1);
    found.set(`${count.get(name)} ${name}`, element);
  }
  return found;
}

// Where the focus is, then the places before it and those behind it: what was focused may be gone.
function focusedFirst() {
  const all = named(FOCUSABLE);
  const names = [...all.keys()];
  const at = [...all.values()].indexOf(document.activeElement);
  return at < 0 ? [] : [...names.slice(0, at + 1).reverse(), ...names.slice(at + 1)];
}

// Where what is read stands, by name: what is focused, then the headings in view. At the top of a page it is the top.
function inView() {
  const seen = ([, { top, bottom }]) => bottom > 0 && top < innerHeight;
  const places = [...named(`${FOCUSABLE}, ${HEADING}`)].map(([name, each]) => [name, each.getBoundingClientRect(), each]).filter(seen);
  const focused = places.filter(([, , each]) => each === document.activeElement);
  return [...focused, ...(scrollY ? places.filter(([, , each]) => each.matches(HEADING)) : [])];
}

function keepInView(before) {
  const now = named(`${FOCUSABLE}, ${HEADING}`);
  const place = before.find(([name]) => now.get(name)?.getClientRects().length);
  if (place) scrollBy({ top: now.get(place[0]).getBoundingClientRect().top - place[1].top, behavior: "instant" });
}

function leftAs() {
  return {
    inView: inView(),
    open: new Map([...named("details")].map(([name, details]) => [name, details.open])),
    scrolled: new Map([...named(".scroll")].map(([name, { scrollLeft, scrollTop }]) => [name, [scrollLeft, scrollTop]])),
    focus: focusedFirst(),
  };
}

function restore({ open, scrolled, focus, inView }) {
  for (const [name, details] of named("details")) details.open = open.get(name) ?? details.open;
  for (const [name, each] of named(".scroll")) each.scrollTo(...(scrolled.get(name) ?? [0, 0]));
  const found = named(FOCUSABLE);
  focus.some((name) => {  // a place in something that is folded takes no focus
    found.get(name)?.focus({ preventScroll: true });
    return document.activeElement === found.get(name);
  });
  keepInView(inView);
}

// What a part says, but for "in 3 min" and the reader's own time, which change by themselves.
function told(part) {
  const copy = part.cloneNode(true);
  for (const time of copy.querySelectorAll(".near, .local")) time.remove();
  return copy.textContent.replace(/\s+/g, " ");
}

let left = null;
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const next = new DOMParser().parseFromString(detail.serverResponse, "text/html").getElementById("live");
  if (!next || (!unsaid.size && told(next) === told(region()))) detail.shouldSwap = false;
  else left = leftAs();
});
document.addEventListener("htmx:afterSwap", () => {
  restore(left);
  line.textContent = [...unsaid].join(" ") || line.dataset.otherwise;
  unsaid.clear();
});

if (region() && window.htmx) {
  setTimeout(look, STAY_MS);
  document.addEventListener("visibilitychange", look);
  setInterval(() => {
    if (document.visibilityState === "visible" && (!source || source.readyState === EventSource.CLOSED)) happened();
  }, POLL_MS);
}
