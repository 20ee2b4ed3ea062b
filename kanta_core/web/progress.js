// The upload's progress, at the foot of every view.

import { h, keyed, say, set } from "./dom.js";
import { uploads } from "./upload.js";
import { count, size } from "./words.js";

// How often a screen reader is told.
const READ_OUT_EVERY = 10_000;

const section = document.getElementById("uploads");
const title = h("p", { class: "title" });
const detail = h("p", { class: "quiet" });
const bar = h("progress", { max: 1, value: 0, "aria-label": "Upload" });
const toggle = button("Pause", () => (uploads.paused ? uploads.resume() : uploads.pause()));
const now = button("Try now", () => uploads.resume());
const again = button("Retry failed", () => uploads.retryFailed());
const close = button("Close", () => uploads.clear());
const refusals = h("ul", { class: "refusals" });
const summary = h("summary");
const told = h("details", {}, summary, refusals);
const spoken = h("p", { class: "spoken", role: "status" });
section.append(
  h("div", { class: "row" }, h("div", { class: "grow" }, title, detail), toggle, now, again, close),
  bar,
  told,
  spoken,
);

let asked = false;
let lastSpoken = 0;
uploads.addEventListener("change", () => {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => {
    asked = false;
    show();
  });
});
// The countdown to the next try.
setInterval(() => {
  if (uploads.nextTry !== null) show();
}, 1_000);

function button(label, run) {
  return h("button", { type: "button", onclick: run }, label);
}

function show() {
  const all = uploads.items.length;
  set(section, "hidden", all === 0);
  if (all === 0) return;
  const [there, failed, refused] = [uploads.in("there"), uploads.in("failed"), uploads.in("refused")];
  const sent = uploads.in("sent").length;
  const { busy } = uploads;
  const { moved, all: bytes } = uploads.bytes;
  say(
    title,
    busy
      ? `${uploads.paused ? "Paused" : "Sending"}: ${sent + there.length} of ${count(all, "photo")}`
      : sent || !there.length
        ? `${count(sent, "photo")} sent`
        : "Nothing new",
  );
  say(detail, state(busy, moved, bytes, there.length));
  bar.max = Math.max(bytes, 1);
  bar.value = moved;
  set(bar, "hidden", !busy);
  say(toggle, uploads.paused ? "Go on" : "Pause");
  set(toggle, "hidden", !busy);
  set(now, "hidden", uploads.nextTry === null || uploads.paused);
  set(again, "hidden", failed.length === 0);
  set(close, "hidden", busy);
  const left = [...failed, ...refused];
  set(told, "hidden", left.length === 0);
  say(summary, `${count(left.length, "file")} not taken`);
  if (left.length !== refusals.children.length) {
    keyed(
      refusals,
      left,
      (item) => String(uploads.items.indexOf(item)),
      (item) => h("li", {}, h("strong", {}, item.file.name), " ", h("span")),
      (row, item) => say(row.lastElementChild, item.why),
    );
  }
  speak(busy, `${title.textContent}. ${left.length ? summary.textContent : ""}`);
}

function state(busy, moved, bytes, there) {
  if (uploads.nextTry !== null && !uploads.paused) {
    const seconds = Math.max(1, Math.ceil((uploads.nextTry - performance.now()) / 1_000));
    return `${uploads.trouble} Trying again in ${seconds} s.`;
  }
  const before = there ? ` · ${count(there, "photo")} had been here before` : "";
  return (busy ? `${size(moved)} of ${size(bytes)}` : size(bytes)) + before;
}

function speak(busy, sentence) {
  if (busy && performance.now() - lastSpoken < READ_OUT_EVERY) return;
  lastSpoken = performance.now();
  say(spoken, sentence);
}
