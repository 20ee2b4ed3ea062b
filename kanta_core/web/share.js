// What an organiser gives to others: the invitation, what guests see by it, and everything as a file.

import { call } from "./api.js";
import { copyable } from "./copy.js";
import { confirmed } from "./dialogs.js";
import { fill, h, listen, picture } from "./dom.js";
import { exportButton } from "./exports.js";
import { attempt, tell } from "./notices.js";
import { eventName } from "./words.js";

const SEE = {
  themselves: "The photos they are in, once they have shown their face",
  everything: "All photos of the event",
};
const FILES = { zip: "All photos (ZIP)", csv: "Faces and people (CSV)", json: "Faces and people (JSON)" };
// The link is in no answer but the first: for as long as this tab is open it is kept here, by the code's picture.
const LINKS = "kanta-invitations";

/** @param {import("./event.js").Tab} tab */
export async function showShare({ panel, code, live, signal }) {
  const path = encodeURIComponent(code);
  const invitation = h("section", { class: "card" });
  let shown;

  const show = () => {
    const url = live.event.qr_code_image_url;
    const now = pathOf(url);
    if (shown === now) {
      const code = invitation.querySelector("img");
      if (code) picture(code, url);
      return;
    }
    shown = now;
    const had = invitation.contains(document.activeElement);
    fill(invitation, h("h3", { tabindex: -1 }, "Invitation"), ...(url ? invited(url) : uninvited()));
    if (had) invitation.querySelector("h3").focus();
  };

  const invite = (upload) =>
    attempt(async () => {
      const made = await call("POST", `/invitations/${path}`, { json: { upload } });
      remember(made);
      live.event = { ...live.event, qr_code_image_url: made.qr_code_image_url };
      show();
      live.nudge();
      tell("The invitation is made.");
    });

  function uninvited() {
    const upload = h("input", { type: "checkbox", checked: true });
    return [
      h(
        "p",
        {},
        "Guests open a link, or scan its code, show their face once, and see the photos they are in. Nobody needs an account.",
      ),
      h("label", { class: "check" }, upload, "Guests may add photos of theirs"),
      h(
        "div",
        { class: "actions" },
        h(
          "button",
          { type: "button", class: "primary", onclick: () => invite(upload.checked) },
          "Make an invitation",
        ),
      ),
    ];
  }

  function invited(url) {
    const qr = h("img", { alt: `QR code that leads to ${eventName(live.event)}`, width: 240, height: 240 });
    picture(qr, url);
    const link = remembered(url);
    const upload = h("input", { type: "checkbox", checked: true });
    return [
      h(
        "div",
        { class: "poster" },
        h("p", { class: "title" }, eventName(live.event)),
        qr,
        h("p", {}, "Scan to find your photos"),
      ),
      link
        ? copyable("Link of the invitation", link)
        : h(
            "p",
            { class: "hint" },
            "The link is in the code, and kept nowhere else. To have it as text, renew it.",
          ),
      h(
        "div",
        { class: "actions" },
        button("Print", () => print()),
        button("Renew …", () => renew(upload.checked)),
        button("Stop …", stop, "danger"),
      ),
      h("label", { class: "check" }, upload, "With a renewed one, guests may add photos"),
    ];
  }

  async function renew(upload) {
    const sure = await confirmed(
      "Renew the invitation?",
      "The present link and its code lead nowhere any more. Guests who have found themselves keep their photos.",
      "Renew",
    );
    if (sure) await invite(upload);
  }

  async function stop() {
    const sure = await confirmed(
      "Stop the invitation?",
      "The link and its code lead nowhere any more, and guests who have found themselves lose the way to their photos.",
      "Stop",
    );
    if (!sure) return;
    await attempt(async () => {
      await call("DELETE", `/invitations/${path}`);
      live.event = { ...live.event, qr_code_image_url: null };
      show();
      live.nudge();
      tell("Nobody is invited any more.");
    });
  }

  const choices = Object.entries(SEE).map(([sees, label]) => {
    const input = h("input", {
      type: "radio",
      name: "sees",
      value: sees,
      checked: live.event.guests_see === sees,
      onchange: () =>
        attempt(async () => {
          await call("PUT", "/events", { json: { event_code: code, guests_see: sees } });
          tell("Saved. It holds at once.");
          live.nudge();
        }),
    });
    return h("label", { class: "check" }, input, label);
  });

  fill(
    panel,
    h("h2", { tabindex: -1 }, "Share"),
    h(
      "div",
      { class: "columns" },
      invitation,
      h("section", { class: "card" }, h("fieldset", {}, h("legend", {}, "Guests see"), ...choices)),
      h(
        "section",
        { class: "card" },
        h("h3", {}, "Download"),
        h("p", { class: "hint" }, "Made in the background; the link is good for a while."),
        ...Object.entries(FILES).map(([kind, label]) =>
          exportButton(label, { path: `/exports/${path}`, json: { kind }, signal }),
        ),
      ),
    ),
  );
  show();
  listen(live, "change", show, signal);
}

function button(label, run, kind) {
  return h("button", { type: "button", class: kind, onclick: run }, label);
}

/** Of a link that is signed anew each time, what stays. */
function pathOf(url) {
  return url?.split("?")[0] ?? null;
}

function links() {
  return JSON.parse(sessionStorage.getItem(LINKS) ?? "{}");
}

function remember({ qr_code_image_url: picture, url }) {
  sessionStorage.setItem(LINKS, JSON.stringify({ ...links(), [pathOf(picture)]: url }));
}

function remembered(picture) {
  return links()[pathOf(picture)];
}
