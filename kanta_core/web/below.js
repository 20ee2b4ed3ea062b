// What stands below every part of the guest's page: adding photos, and leaving no trace on this device.

import { forget } from "./device.js";
import { h } from "./dom.js";
import { tell } from "./notices.js";

/** Where the guest's own photos come in; its parts are loaded when they are wanted. @param {import("./find_me.js").Part} its */
export function addPhotos({ guest, signal }) {
  const place = h("div", {});
  const open = h(
    "button",
    {
      type: "button",
      onclick: async () => {
        const [{ dropZone }] = await Promise.all([import("./drop_zone.js"), import("./progress.js")]);
        if (signal.aborted) return;
        place.replaceChildren(dropZone(guest.code, signal));
        place.querySelector("input").focus();
      },
    },
    "Add photos of mine",
  );
  place.append(open);
  return place;
}

/** How to leave nothing behind on a device that is others', too. @param {import("./find_me.js").Part} its */
export function leave({ guest }) {
  return h(
    "p",
    { class: "leave hint" },
    "This device keeps your link to the event. ",
    h(
      "button",
      {
        type: "button",
        class: "link",
        onclick: async () => {
          forget(guest.code);
          location.hash = "";
          tell("This device has forgotten the event.");
        },
      },
      "Forget this device",
    ),
  );
}
