// Asks for the queue anew now and then; htmx puts it in place of the old one. Not while somebody tabs through it.
"use strict";

const AGAIN_MS = 30000;

setInterval(() => {
  const queue = document.getElementById("queue");
  if (!queue || document.visibilityState !== "visible" || queue.contains(document.activeElement)) return;
  window.htmx.trigger(queue, "again");
}, AGAIN_MS);
