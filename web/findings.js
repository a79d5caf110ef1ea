// @ts-check

/** What a better sweep does away with. */
const SWEPT_AWAY = new Set(["near-not-covered", "far-not-covered", "gaps"]);

/** What to do about a finding; "" where a proposed sweep beside it says so. @param {import("./types.js").Problem} finding @param {boolean} proposed */
export function hintOf({ code, hint = "" }, proposed) {
  return proposed && SWEPT_AWAY.has(code) ? "" : hint;
}
