// @ts-check
// Positions of the focus drive in words for a person.
import { plural } from "./format.js";
/** @typedef {import("./types.js").Unit} Unit */
/** @typedef {import("./types.js").FocusScale} FocusScale */

/** What a lens says of itself: true dioptres. @type {FocusScale} */
const BY_ITSELF = Object.freeze({ offset: 0, slope: 1 });
const FARTHEST_MM = 50_000;

/** With its unit; "" for fixed focus, which has none. @param {number|null|undefined} position @param {Unit} unit */
export function place(position, unit) {
  if (unit === "") return "";
  return position === null || position === undefined ? "unknown" : `${position.toFixed(2)} ${unit}`.replace("-", "−");
}

/** Where an object is sharp. @param {number} dioptres  as the lens tells them @param {FocusScale|null} scale  null: uncalibrated */
export function distance(dioptres, scale) {
  const { offset, slope } = scale ?? BY_ITSELF;
  const away = (1000 * slope) / (dioptres - offset);
  if (away < 0 || away > FARTHEST_MM) return "infinity";
  return away < 1000 ? millimetres(away) : `${(away / 1000).toFixed(1)} m`;
}

/** @param {number} length */
export function millimetres(length) {
  return `${Number(length.toFixed(length < 100 ? 1 : 0))} mm`;
}

/** @param {import("./types.js").SweepFacts} sweep @param {Unit} unit */
export function sweepWords({ near, far, count }, unit) {
  if (unit === "") return `${plural(count, "slice")} a position`;
  return `${plural(count, "slice")} a position, ${place(near, unit)} to ${place(far, unit)}`;
}

/** The drive in use, null while there is no rig. @param {import("./types.js").State} state */
export function driveOf(state) {
  return state.status?.rig.facts?.focus ?? null;
}

/** Of the drive in use; where there is none, of the one before. @param {import("./types.js").State} state @returns {Unit} */
export function unitOf(state) {
  return driveOf(state)?.unit ?? state.draft.unit;
}
