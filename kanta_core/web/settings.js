// An event's own words, times and picture; and its end.

import { call } from "./api.js";
import { confirmed } from "./dialogs.js";
import { fill, h } from "./dom.js";
import { attempt, tell } from "./notices.js";
import { webhooksCard } from "./webhooks.js";
import { address, eventName } from "./words.js";

/** @param {import("./event.js").Tab} tab */
export async function showSettings({ panel, code, live, signal }) {
  const { event } = live;
  const name = h("input", { id: "name", autocomplete: "off", maxlength: 200, value: event.name });
  const description = h("textarea", { id: "description", rows: 4, maxlength: 2_000 }, event.description);
  const start = h("input", { id: "start", type: "datetime-local", value: local(event.start_date_time) });
  const end = h("input", { id: "end", type: "datetime-local", value: local(event.end_date_time) });
  const newCode = h("input", {
    id: "code",
    required: true,
    autocomplete: "off",
    autocapitalize: "none",
    spellcheck: "false",
    maxlength: 63,
    value: event.code,
    "aria-describedby": "code-hint",
  });
  const image = h("input", {
    id: "picture",
    type: "file",
    accept: "image/*,.heic,.heif,.avif",
    onchange: () =>
      attempt(async () => {
        const body = new FormData();
        body.append("image_file", image.files[0]);
        await call("PUT", `/events/image/${encodeURIComponent(code)}`, { body });
        tell("The picture is set.");
        live.nudge();
      }),
  });

  const save = () =>
    attempt(async () => {
      const changed = await call("PUT", "/events", {
        json: {
          event_code: code,
          new_event_code: newCode.value.trim(),
          name: name.value.trim() || null,
          description: description.value.trim() || null,
          start_date_time: utc(start.value),
          end_date_time: utc(end.value),
        },
      });
      tell("Saved.");
      if (changed.code === event.code) live.nudge();
      else location.hash = address(changed.code, "settings");
    });

  const remove = () =>
    attempt(async () => {
      if (
        !(await confirmed(
          `Delete ${eventName(event)}?`,
          "All its photos, faces and people are deleted, in the storage as well. This can’t be undone.",
          "Delete event",
        ))
      )
        return;
      await call("DELETE", "/events", { json: { event_code: code } });
      location.hash = "#/";
      tell("The event is deleted.");
    });

  fill(
    panel,
    h("h2", { tabindex: -1 }, "Settings"),
    h(
      "form",
      {
        class: "card",
        onsubmit: (submitted) => {
          submitted.preventDefault();
          save();
        },
      },
      h("label", { for: "name" }, "Name"),
      name,
      h("label", { for: "description" }, "Description"),
      description,
      h("label", { for: "start" }, "Begins"),
      start,
      h("label", { for: "end" }, "Ends"),
      end,
      h("label", { for: "code" }, "Code"),
      newCode,
      h("p", { class: "hint", id: "code-hint" }, "The former codes go on leading to the event."),
      h("div", { class: "actions" }, h("button", { class: "primary" }, "Save")),
    ),
    h("section", { class: "card" }, h("label", { for: "picture" }, "Picture of the event"), image),
    webhooksCard(code, signal),
    h(
      "section",
      { class: "card" },
      h("h3", {}, "Delete the event"),
      h("p", {}, "With everything in it."),
      h(
        "div",
        { class: "actions" },
        h("button", { type: "button", class: "danger", onclick: remove }, "Delete event …"),
      ),
    ),
  );
}

/** A moment as the field wants it: in the organiser's zone, without one. */
function local(text) {
  if (!text) return "";
  const moment = new Date(text);
  return new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function utc(text) {
  return text ? new Date(text).toISOString() : null;
}
