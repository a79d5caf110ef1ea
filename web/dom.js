// @ts-check

/** @typedef {Node|string|number|null|undefined|false} Child */

/**
 * Make an element. Properties that start with "on" are listeners, the rest attributes; true is an empty attribute,
 * false, null and undefined none.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, any>} [properties]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) {
      element.addEventListener(name.slice(2), value);
    } else {
      setAttribute(element, name, value);
    }
  }
  element.append(...nodes(children));
  return element;
}

/** @param {Child[]} children @returns {(Node|string)[]} */
function nodes(children) {
  return children
    .filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (child instanceof Node ? child : String(child)));
}

/** @param {Element} element @param {string} name @param {unknown} value */
export function setAttribute(element, name, value) {
  if (value === false || value === null || value === undefined) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
  } else {
    const text = value === true ? "" : String(value);
    if (element.getAttribute(name) !== text) element.setAttribute(name, text);
  }
}

/** Write text only when it changed, so that nothing is announced or laid out twice.
 * @param {Node} node @param {string|number} text */
export function setText(node, text) {
  const next = String(text);
  if (node.textContent !== next) node.textContent = next;
}

/** Show a value without disturbing a field in which somebody types.
 * @param {HTMLInputElement|HTMLTextAreaElement|HTMLSelectElement} field @param {string|number|null} value */
export function setValue(field, value) {
  const next = value === null ? "" : String(value);
  if (field !== document.activeElement && field.value !== next) field.value = next;
}

/** Show or hide. @param {HTMLElement} element @param {boolean} shown */
export function show(element, shown) {
  if (element.hidden === shown) element.hidden = !shown;
}

/** An action of the person, on its way up. @param {EventTarget} from @param {string} name @param {object} [detail] */
export function emit(from, name, detail = {}) {
  from.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
}

/**
 * Make the children of `parent` match `items`, one element for each key, made once.
 * @template T
 * @param {HTMLElement} parent
 * @param {readonly T[]} items
 * @param {(item: T) => string|number} key
 * @param {(item: T) => HTMLElement} make
 * @param {(element: HTMLElement, item: T) => void} [update]
 */
export function keyed(parent, items, key, make, update = () => {}) {
  const old = new Map([...parent.children].map((child) => [/** @type {HTMLElement} */ (child).dataset.key, child]));
  items.forEach((item, place) => {
    const name = String(key(item));
    const known = /** @type {HTMLElement|undefined} */ (old.get(name));
    const element = known ?? make(item);
    old.delete(name);
    setAttribute(element, "data-key", name);
    if (parent.children[place] !== element) parent.insertBefore(element, parent.children[place] ?? null);
    update(element, item);
  });
  for (const gone of old.values()) gone.remove();
}
