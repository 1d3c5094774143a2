// Puts what is known into the page of an act. Text only: nothing that was received is ever read as HTML.

const byId = (id) => document.getElementById(id);

export function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

export function button(label, why, enabled) {
  const go = byId("go");
  go.textContent = label;
  go.disabled = !enabled;
  byId("why").textContent = why;
}

export function status(text, action) {
  const place = byId("status");
  place.replaceChildren();
  if (!text) return;
  place.append(element("p", text));
  if (action) place.append(pressed(action.label, action.press));
}

// A problem that no single field is to blame for. `ways` are buttons {label, press} or links {text, href}.
export function problem(text, ...ways) {
  const place = byId("problem");
  place.replaceChildren();
  if (!text) return;
  place.append(element("p", text));
  for (const way of ways.filter(Boolean)) {
    place.append(way.press ? pressed(way.label, way.press) : element("a", way.text, { href: way.href, class: "button" }));
  }
}

export function fieldErrors(errors, link) {
  for (const field of document.querySelectorAll("[data-field]")) {
    const said = errors[field.dataset.field] ?? "";
    const input = field.querySelector("input, textarea");
    const place = field.querySelector(".error");
    place.replaceChildren(said);
    if (said && link) place.append(" ", element("a", link.text, { href: link.href }));
    place.hidden = !said;
    if (said) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }
}

export function summary(prepared) {
  const place = byId("summary");
  place.hidden = !prepared;
  if (!prepared) return;
  byId("sentence").textContent = prepared.sentence;
  const paper = byId("paper");
  if (paper) {
    paper.hidden = !prepared.evidence;
    paper.querySelector("pre").textContent = prepared.evidence ? JSON.stringify(prepared.evidence, null, 1) : "";
  }
  for (const [id, fine] of [["lines", false], ["fine", true]]) {
    const rows = prepared.lines.filter((line) => line.fine === fine).map((line) => {
      const row = element("div");
      row.dataset.line = line.field;
      row.append(element("dt", line.label), element("dd", line.text));
      return row;
    });
    byId(id).replaceChildren(...rows);
  }
}

// What an act would cost, gain and change. It is not signed, so it stands apart from the summary.
export function foretold(found) {
  const place = byId("foretold");
  if (!place) return;
  place.hidden = !found;
  if (!found) return;
  byId("foretold-rows").replaceChildren(...found.rows.map(([label, text]) => {
    const row = element("div");
    row.append(element("dt", label), element("dd", text));
    return row;
  }));
  byId("foretold-text").textContent = found.text;
  byId("play").href = found.href;
}

// `file` is what is downloaded; `href` where the same stands for ever, where it does.
export function receipt(heading, text, file, href) {
  const place = byId("receipt");
  const name = `${file.act.kind.toLowerCase()}-${file.digest.slice(2, 14)}.json`;
  const blob = new Blob([JSON.stringify(file, null, 1)], { type: "application/json" });
  const links = [element("a", "Download act and receipt", { href: URL.createObjectURL(blob), download: name, class: "button" })];
  if (href) links.push(element("a", "Its page", { href, class: "button" }));
  const row = element("p", undefined, { class: "buttons" });
  row.append(...links);
  place.replaceChildren(element("h2", heading, { tabindex: "-1" }), element("p", text), row);
  place.hidden = false;
  place.querySelector("h2").focus();
}

export function done(heading, ...texts) {
  const place = byId("receipt");
  place.replaceChildren(element("h2", heading, { tabindex: "-1" }), ...texts.map((text) => element("p", text)));
  place.hidden = false;
  onward();
  place.querySelector("h2").focus();
}

// Where one goes once an act is done: the links stand in the page already.
export function onward() {
  byId("onward").hidden = false;
}

export function wallet(text, choices = [], choose) {
  byId("wallet-state").textContent = text;
  const made = choices.map((each) => {
    const one = pressed(each.info.name, () => choose(each.info.uuid));
    if (each.info.icon?.startsWith("data:image/")) one.prepend(element("img", undefined, { src: each.info.icon, alt: "", width: 20, height: 20 }));
    return one;
  });
  byId("wallet-choices").replaceChildren(...made);
}

function pressed(label, press) {
  const made = element("button", label, { type: "button", class: "button" });
  made.addEventListener("click", press);
  return made;
}
