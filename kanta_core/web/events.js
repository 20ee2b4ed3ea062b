// The list of events, and a new one.

import { call, get } from "./api.js";
import { fill, h } from "./dom.js";
import { attempt } from "./notices.js";
import { address, count, eventName, time } from "./words.js";

/** @param {HTMLElement} root @param {AbortSignal} signal */
export async function showEvents(root, signal) {
  const { events } = await get("/events", {}, signal);
  document.title = "Events – Kanta";
  fill(
    root,
    h("h1", { tabindex: -1 }, "Events"),
    events.length
      ? h("ul", { class: "events" }, ...events.reverse().map(card))
      : h(
          "p",
          { class: "empty" },
          "There is no event yet. Create one, add its photos, and Kanta finds who is in them.",
        ),
    form(),
  );
}

function card(event) {
  const state = event.pending
    ? `${count(event.pending, "photo")} in work`
    : event.people_current
      ? null
      : "People are being found";
  const when = event.start_date_time ? time(event.start_date_time) : `created ${time(event.created_at)}`;
  return h(
    "li",
    {},
    h(
      "a",
      { href: address(event.code) },
      event.event_image_url
        ? h("img", { src: event.event_image_url, alt: "", loading: "lazy" })
        : h("span", { class: "blank", "aria-hidden": "true" }, eventName(event).slice(0, 1).toUpperCase()),
      h(
        "span",
        { class: "words" },
        h("strong", {}, eventName(event)),
        h("span", { class: "quiet" }, `${event.code} · ${when}`),
        event.running && h("span", { class: "badge" }, "Runs now"),
        state && h("span", { class: "badge" }, state),
      ),
    ),
  );
}

function form() {
  const name = h("input", {
    id: "event-name",
    autocomplete: "off",
    maxlength: 200,
    placeholder: "Anna & Ben’s wedding",
  });
  const code = h("input", {
    id: "event-code",
    required: true,
    autocomplete: "off",
    autocapitalize: "none",
    spellcheck: "false",
    minlength: 3,
    maxlength: 63,
    pattern: "[A-Za-z0-9][A-Za-z0-9_\\-]*[A-Za-z0-9]",
    "aria-describedby": "event-code-hint",
  });
  let chosen = false;
  code.addEventListener("input", () => {
    chosen = code.value !== "";
  });
  name.addEventListener("input", () => {
    if (!chosen) code.value = codeFrom(name.value);
  });
  const button = h("button", { class: "primary" }, "Create event");
  return h(
    "form",
    {
      class: "card",
      onsubmit: (event) => {
        event.preventDefault();
        create(name.value.trim(), code.value.trim(), button);
      },
    },
    h("h2", {}, "New event"),
    h("label", { for: "event-name" }, "Name"),
    name,
    h("label", { for: "event-code" }, "Code"),
    code,
    h(
      "p",
      { class: "hint", id: "event-code-hint" },
      "Stands in links. 3 to 63 of a–z, 0–9, - and _; it starts and ends with a letter or digit.",
    ),
    h("div", { class: "actions" }, button),
  );
}

async function create(name, code, button) {
  button.disabled = true;
  await attempt(async () => {
    const event = await call("POST", "/events", { json: { event_code: code, name: name || null } });
    location.hash = address(event.code);
  });
  button.disabled = false;
}

/** A code that goes with a name: "Anna & Ben’s wedding" → "anna-bens-wedding". */
function codeFrom(name) {
  const plain = name
    .normalize("NFKD")
    .replace(/[\u0300-\u036f'’]/g, "")
    .toLowerCase();
  return plain
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+/, "")
    .slice(0, 63)
    .replace(/-+$/, "");
}
