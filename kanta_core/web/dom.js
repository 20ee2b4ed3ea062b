// Elements. What people wrote only ever becomes text nodes and attributes, never markup.

/**
 * A new element. Props that start with `on` are listeners; null and false leave an attribute out, true sets it empty.
 * @param {string} tag
 * @param {Record<string, unknown>} [props]
 * @param {...(Node|string|number|null|undefined|false)} children
 * @returns {HTMLElement}
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else set(element, name, value);
  }
  fill(element, ...children);
  return element;
}

/** Give an element these children in place of those it has; null and false are none. */
export function fill(element, ...children) {
  element.replaceChildren(
    ...children.flatMap((child) =>
      child == null || child === false ? [] : child instanceof Node ? child : String(child),
    ),
  );
}

/** Show a bar at the foot of the page, above what is said there, until `signal` aborts. */
export function dock(bar, signal) {
  document.querySelector(".dock").prepend(bar);
  signal.addEventListener("abort", () => bar.remove());
}

/** Set an attribute, or take it away for null and false; one that is so already is not touched. */
export function set(element, name, value) {
  const wanted = value == null || value === false ? null : value === true ? "" : String(value);
  if (wanted === element.getAttribute(name)) return;
  if (wanted === null) element.removeAttribute(name);
  else element.setAttribute(name, wanted);
}

/** Set an element's text, touching the page only when it changes, so that screen readers stay quiet. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Show another picture. A link that was merely signed anew is no other picture, unless the old one failed.
 * @param {HTMLImageElement} image
 * @param {string|null|undefined} url
 */
export function picture(image, url) {
  if (!url) return;
  const path = url.split("?")[0];
  if (image.dataset.path === path && !(image.complete && image.naturalWidth === 0)) return;
  image.dataset.path = path;
  image.src = url;
}

/**
 * Make the children of `list` those of `items`, in their order: what is there is updated and keeps its focus.
 * @template T
 * @param {HTMLElement} list
 * @param {T[]} items
 * @param {(item: T) => string} key
 * @param {(item: T) => HTMLElement} make
 * @param {(element: HTMLElement, item: T) => void} update
 */
export function keyed(list, items, key, make, update) {
  const focused = document.activeElement;
  const there = new Map([...list.children].map((child) => [child.dataset.key, child]));
  let next = list.firstElementChild;
  for (const item of items) {
    const its = key(item);
    const element = there.get(its) ?? make(item);
    element.dataset.key = its;
    there.delete(its);
    update(element, item);
    if (element === next) next = next.nextElementSibling;
    else list.insertBefore(element, next);
  }
  for (const gone of there.values()) gone.remove();
  if (focused instanceof HTMLElement && focused !== document.activeElement && list.contains(focused))
    focused.focus({ preventScroll: true });
}

/** Listen until `signal` aborts. */
export function listen(target, name, listener, signal) {
  target.addEventListener(name, listener, { signal });
}

/** A promise of so many milliseconds. */
export function pause(milliseconds) {
  return new Promise((done) => setTimeout(done, milliseconds));
}
