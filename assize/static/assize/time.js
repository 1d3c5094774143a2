// Keeps "in 3 h 20 min" true while the page is open, and says instants in the reader's own time. The page is complete
// without it. It counts on from the server's clock: the reader's own may be wrong, and decides nothing.
"use strict";

const SERVER = Number(document.documentElement.dataset.now);
const LOADED = performance.now();
const UNITS = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
const LOCAL = new Intl.DateTimeFormat(undefined, {
  weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZoneName: "short",
});

// As in pages/show.py: at most two units.
function duration(seconds) {
  const parts = [];
  let left = Math.abs(seconds);
  for (const [size, name] of UNITS) {
    const count = Math.floor(left / size);
    left %= size;
    if (count || (size === 1 && !parts.length)) parts.push(`${count} ${name}`);
    else if (parts.length) break;
    if (parts.length === 2) break;
  }
  return parts.join(" ");
}

function relative(second, now) {
  if (second === now) return "now";
  return second > now ? `in ${duration(second - now)}` : `${duration(now - second)} ago`;
}

function tick() {
  const now = SERVER + Math.floor((performance.now() - LOADED) / 1000);
  for (const time of document.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    const near = time.nextElementSibling;
    const text = `(${relative(at.getTime() / 1000, now)})`;
    if (near && near.matches("small.near") && near.textContent !== text) near.textContent = text;
    if (!time.title) {
      time.title = LOCAL.format(at);
      if (at.getTimezoneOffset() && time.closest(".banner, .timeline")) showLocal(near || time, time.title);
    }
  }
}

function showLocal(behind, text) {
  const local = document.createElement("small");
  local.className = "local";
  local.textContent = ` ${text}`;
  behind.after(local);
}

if (SERVER) {
  tick();
  setInterval(tick, 1000);
}
