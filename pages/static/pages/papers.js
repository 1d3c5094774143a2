// Evidence in the page of an act: files stay here until the act is taken, and the document whose hash is signed is checked
// here against what was typed (docs/evidence.md). Nothing of it is asked for: an empty part is no evidence.

import { keccak256 } from "./keccak.js";
import { element } from "./view.js";

const MOST = 4;
const MOST_BYTES = 256 * 1024;
const NOTHING = "0x" + "0".repeat(64);
const TYPES = { txt: "text/plain", csv: "text/csv", json: "application/json", png: "image/png", jpg: "image/jpeg", jpeg: "image/jpeg" };
const BEGINS = { "image/png": [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], "image/jpeg": [0xff, 0xd8, 0xff] };
const ANOTHER = "The service answered with other evidence than yours. Nothing was signed. Do not go on here; tell the operator.";

const byId = (id) => document.getElementById(id);
const lines = (text) => text.split("\n").map((line) => line.trim()).filter(Boolean);

export class Papers {
  constructor(changed) {
    Object.assign(this, { changed, files: [], trouble: "", reading: 0 });
    this.picker = byId("id_files");
    this.picker.addEventListener("change", () => this.open([...this.picker.files]));
    if (this.picker.files.length) this.open([...this.picker.files]); // chosen before this script was there
  }

  // ---------------------------------------------------------- files

  async open(chosen) {
    const number = ++this.reading;
    Object.assign(this, { files: [], trouble: "One moment: the files are read." });
    this.changed();
    const files = [];
    let trouble = chosen.length > MOST ? `At most ${MOST} files.` : "";
    for (const file of trouble ? [] : chosen) {
      try {
        files.push(await read(file));
      } catch (error) {
        trouble = `${file.name}: ${error.message}`;
      }
    }
    if (number !== this.reading) return;
    Object.assign(this, { files: trouble ? [] : files, trouble });
    byId("file-list").replaceChildren(...this.files.map(({ entry }) => element("li", `${entry.name}, ${entry.type}, ${entry.size} bytes`)));
    this.changed();
  }

  // ---------------------------------------------------------- what goes to the service, and what comes back

  fields() {
    if (this.trouble) return { trouble: "Look at the evidence.", errors: { entries: this.trouble } };
    return { entries: this.files.length ? JSON.stringify(this.files.map(({ entry }) => entry)) : "" };
  }

  get empty() {
    return !this.files.length && !["words", "links", "observations"].some((name) => byId(`id_${name}`).value.trim());
  }

  // What is signed is the hash of the document that is shown, and that document says what was typed.
  checked(answer) {
    const made = answer.evidence;
    const hash = made ? hashOf(made) : NOTHING;
    const signs = [answer.message, answer.typed_data.message].every((fields) => fields.evidence === hash);
    return signs && (made ? this.says(made, answer.message) : this.empty) ? answer : { note: ANOTHER };
  }

  says(made, message) {
    const same = (left, right) => canonical(left) === canonical(right);
    return (
      made.expiry === message.expiry && made.price === message.price && made.words === byId("id_words").value &&
      same(made.links, lines(byId("id_links").value)) && same(made.files, this.files.map(({ entry }) => entry)) &&
      same(made.observations.map((each) => each.source), lines(byId("id_observations").value).map((line) => line.split(",")[0].trim()))
    );
  }

  // ---------------------------------------------------------- handing it in, once the act is taken

  parcel(made) {
    return made ? { document: made, files: this.files.map(({ bytes }) => base64(bytes)) } : null;
  }
}

// "" where it was taken, else what was said.
export async function handIn(parcel) {
  try {
    const response = await fetch("/api/v1/evidence", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(parcel) });
    return response.ok ? "" : (await response.json()).detail;
  } catch {
    return "No answer came.";
  }
}

export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
}

const hex = (bytes) => "0x" + [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const hashOf = (made) => hex(keccak256(new TextEncoder().encode(canonical(made))));

async function read(file) {
  const dot = file.name.lastIndexOf(".");
  const ending = file.name.slice(dot + 1).toLowerCase();
  const type = dot > 0 ? TYPES[ending] : undefined;
  if (!type) throw new Error(`files end in ${Object.keys(TYPES).join(", ")}.`);
  if (!file.size || file.size > MOST_BYTES) throw new Error("a file has 1 byte to 256 KiB.");
  const bytes = new Uint8Array(await file.arrayBuffer());
  const wrong = trouble(type, bytes);
  if (wrong) throw new Error(wrong);
  const stem = file.name.slice(0, dot).replace(/[^A-Za-z0-9]+/g, "-").slice(0, 64).replace(/^-|-$/g, "") || "file";
  return { entry: { name: `${stem}.${ending}`, type, size: String(bytes.length), hash: hex(keccak256(bytes)) }, bytes };
}

// What the service would refuse after the act was signed, so before it is.
function trouble(type, bytes) {
  const begin = BEGINS[type];
  if (begin) return begin.every((byte, place) => bytes[place] === byte) ? "" : `this is no ${type}.`;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    // eslint-disable-next-line no-control-regex
    return /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(text) ? "text has no control characters but tabs and line ends." : "";
  } catch {
    return "text must be UTF-8.";
  }
}

function base64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}
