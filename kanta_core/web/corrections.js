// What an organiser states about people, and takes back.

import { call } from "./api.js";
import { complain, tell } from "./notices.js";

/**
 * Make corrections one after the other, tell what was done and offer to undo it.
 * @param {{code: string, live: import("./live.js").Live}} its
 * @param {Record<string, unknown>[]} statements each like the API's, without revisions
 * @param {any[]} seen the people they are about, as they were looked at
 * @param {string} said what is told afterwards
 * @returns {Promise<boolean>} whether all of them were made
 */
export async function correct(its, statements, seen, said) {
  const revisions = new Map(seen.map((person) => [person.cluster_id, person.revision]));
  const made = [];
  try {
    for (const statement of statements) {
      const named = [statement.cluster_id, statement.into_cluster_id, statement.other_cluster_id].filter(
        (number) => number !== undefined,
      );
      const looked = Object.fromEntries(named.map((number) => [number, revisions.get(number)]));
      const { correction, people } = await call("POST", path(its), {
        json: { ...statement, revisions: looked },
      });
      made.push(correction.id);
      for (const person of people) revisions.set(person.cluster_id, person.revision);
    }
  } catch (error) {
    if (error.status === 409)
      tell("Somebody or something changed these people meanwhile. Look at them again.");
    else complain(error);
    its.live.nudge();
    return false;
  }
  tell(said, { label: "Undo", run: () => undo(its, made.reverse()) });
  its.live.nudge();
  return true;
}

/**
 * Undo corrections, as if they had never been made.
 * @param {{code: string, live: import("./live.js").Live}} its
 * @param {number[]} ids
 */
export async function undo(its, ids) {
  try {
    for (const id of ids) await call("DELETE", `${path(its)}/${id}`);
    tell("Undone.", { label: "Redo", run: () => redo(its, [...ids].reverse()) });
  } catch (error) {
    complain(error);
  }
  its.live.nudge();
}

/** Have undone corrections count again. */
export async function redo(its, ids) {
  try {
    for (const id of ids) await call("POST", `${path(its)}/${id}/redo`);
    tell("Done again.", { label: "Undo", run: () => undo(its, [...ids].reverse()) });
  } catch (error) {
    complain(error);
  }
  its.live.nudge();
}

function path({ code }) {
  return `/corrections/${encodeURIComponent(code)}`;
}
