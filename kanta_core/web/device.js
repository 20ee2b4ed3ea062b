// What this device keeps: of each event it was invited to, the invitation and the guest's own link. Nothing else.

const STORED = "kanta-guest";

/**
 * `invitation` lets find oneself, and add photos where it says `upload`; `guest` shows one's own.
 * @typedef {{code: string, name: string, invitation?: string, upload?: boolean, guest?: string}} Kept
 */

// Where the browser keeps nothing, it holds until the page is left.
/** @type {Kept[]} */
let remembered = [];

/** @returns {Kept[]} the event that was opened last first */
export function kept() {
  try {
    const found = JSON.parse(localStorage.getItem(STORED) ?? "[]");
    if (Array.isArray(found)) remembered = found;
  } catch {
    /* not ours, or not to be had */
  }
  return remembered;
}

/** @param {string} code @returns {Kept|undefined} */
export function keptOf(code) {
  return kept().find((each) => each.code === code);
}

/** Keep what is known of an event; what is undefined is given up. @param {Kept} its */
export function keep(its) {
  store([its, ...kept().filter((each) => each.code !== its.code)]);
}

/** @param {string} code */
export function forget(code) {
  store(kept().filter((each) => each.code !== code));
}

function store(events) {
  remembered = events;
  try {
    if (events.length) localStorage.setItem(STORED, JSON.stringify(events));
    else localStorage.removeItem(STORED);
  } catch {
    /* see above */
  }
}
