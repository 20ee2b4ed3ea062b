// Addresses of other programs that are told what happens in an event.

import { call, get } from "./api.js";
import { copyable } from "./copy.js";
import { confirmed, showDialog } from "./dialogs.js";
import { fill, h } from "./dom.js";
import { attempt, tell } from "./notices.js";
import { count, time } from "./words.js";

const KINDS = { "photo.encoded": "Photos are encoded", "people.changed": "People change" };

/** @param {string} code @param {AbortSignal} signal @returns {HTMLElement} */
export function webhooksCard(code, signal) {
  const path = `/webhooks/${encodeURIComponent(code)}`;
  const list = h("ul", { class: "history" });
  const url = h("input", {
    id: "webhook-url",
    type: "url",
    required: true,
    maxlength: 2_000,
    autocomplete: "off",
    placeholder: "https://example.org/kanta",
  });
  const boxes = Object.entries(KINDS).map(([kind, label]) => {
    const box = h("input", { type: "checkbox", checked: true, value: kind });
    return { box, node: h("label", { class: "check" }, box, label) };
  });
  const add = h("button", {}, "Add");

  const load = async () => {
    const found = await get(path, {}, signal);
    fill(list, ...found.map((webhook) => line(webhook, remove)));
  };

  const make = () =>
    attempt(async () => {
      const kinds = boxes.filter(({ box }) => box.checked).map(({ box }) => box.value);
      const made = await call("POST", path, { json: { url: url.value.trim(), kinds } });
      url.value = "";
      await showSecret(made.secret);
      await load();
    });

  const remove = async (webhook) => {
    const sure = await confirmed(
      "Remove the webhook?",
      `${webhook.url} is told nothing more, not even what it is yet to be told.`,
      "Remove",
    );
    if (!sure) return;
    await attempt(async () => {
      await call("DELETE", `${path}/${webhook.id}`);
      tell("The webhook is removed.");
      await load();
      url.focus();
    });
  };

  attempt(load);
  return h(
    "section",
    { class: "card" },
    h("h3", {}, "Webhooks"),
    h("p", { class: "hint" }, "Other programs can be told when something happens here."),
    list,
    h(
      "form",
      {
        onsubmit: (submitted) => {
          submitted.preventDefault();
          make();
        },
      },
      h("label", { for: "webhook-url" }, "Address"),
      url,
      h("fieldset", {}, h("legend", {}, "Told when"), ...boxes.map(({ node }) => node)),
      h("div", { class: "actions" }, add),
    ),
  );
}

function line(webhook, remove) {
  const state = webhook.failing_since
    ? `fails since ${time(webhook.failing_since)}: ${webhook.last_error}`
    : webhook.delivered_at
      ? `last told ${time(webhook.delivered_at)}`
      : "not told of anything yet";
  const waiting = webhook.waiting ? ` · ${count(webhook.waiting, "thing")} to tell` : "";
  return h(
    "li",
    {},
    h(
      "p",
      { class: "grow" },
      webhook.url,
      h("span", { class: webhook.failing_since ? "why" : "quiet" }, ` ${state}${waiting}`),
    ),
    h(
      "button",
      { type: "button", "aria-label": `Remove ${webhook.url}`, onclick: () => remove(webhook) },
      "Remove",
    ),
  );
}

function showSecret(secret) {
  return showDialog("Secret of the webhook", (close) => [
    h("h2", {}, "Its secret"),
    h("p", {}, "With it the receiver checks that a message is Kanta’s. It is shown this once."),
    copyable("Secret", secret),
    h(
      "div",
      { class: "actions" },
      h("button", { type: "button", class: "primary", onclick: () => close(undefined) }, "I have it"),
    ),
  ]);
}
