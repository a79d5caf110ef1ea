// @ts-check
// What this browser keeps from visit to visit. Private windows may refuse: it then lives as long as the page.

/** @param {string} key @returns {string|null} */
export function recall(key) {
  try {
    return localStorage.getItem(`focusrig.${key}`);
  } catch {
    return null;
  }
}

/** @param {string} key @param {string} text */
export function remember(key, text) {
  try {
    localStorage.setItem(`focusrig.${key}`, text);
  } catch {
    // refused
  }
}
