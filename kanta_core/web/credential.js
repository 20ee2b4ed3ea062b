// What each request shows of who asks. The page that is open says what that is: the organiser's key, a guest's token.

/**
 * `refused` is told what was not accepted, and why. It settles once there is something else to show, and throws when
 * there will be nothing.
 * @typedef {{header: () => Record<string, string>, refused: (shown: Record<string, string>, problem: Error) => Promise<void>}} Credential
 */

/** @type {Credential} */
let credential = {
  header: () => ({}),
  refused: (_, problem) => Promise.reject(problem),
};

/** @param {Credential} its */
export function present(its) {
  credential = its;
}

/** The header that shows it, none while there is none. */
export function authorisation() {
  return credential.header();
}

/** The header that shows a token. */
export function bearer(token) {
  return { Authorization: `Bearer ${token}` };
}

/** @param {Record<string, string>} shown @param {Error} problem */
export function refused(shown, problem) {
  return credential.refused(shown, problem);
}
