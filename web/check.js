// @ts-check
// What is wrong with the plan in the fields, found without asking the daemon. Places are named as in the API.
import { angle } from "./format.js";
/** @typedef {import("./types.js").Draft} Draft */
/** @typedef {import("./types.js").FieldError} FieldError */
/** @typedef {import("./types.js").AxisFacts} AxisFacts */
/** @typedef {import("./types.js").FocusFacts} FocusFacts */

/** @param {Draft} draft @param {import("./types.js").RigFacts|null|undefined} facts @returns {FieldError[]} */
export function complaints(draft, facts) {
  const tilt = facts?.axes.find((axis) => axis.name === "tilt");
  return [...ofSweep(draft, facts?.focus ?? null), ...ofPath(draft, tilt)];
}

/** What is said of one place, "" for nothing. @param {readonly FieldError[]} errors @param {string} where */
export function saidOf(errors, where) {
  return errors.filter((error) => error.where === where).map(({ what }) => sentence(what)).join(" ");
}

/** @param {string} words */
export function sentence(words) {
  const text = words.charAt(0).toUpperCase() + words.slice(1);
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}

/** @param {Draft} draft @param {FocusFacts|null} drive @returns {FieldError[]} */
function ofSweep({ near, far, unit }, drive) {
  /** @type {[string, number|null][]} */
  const ends = [["sweep.near", near], ["sweep.far", far]];
  const outside = ends.filter(([, end]) => drive && end !== null && (end < drive.far || end > drive.near));
  if (drive && outside.length > 0) {
    return outside.map(([where]) => ({ where, what: `This ${drive.drive} reaches from ${drive.far} to ${drive.near} ${drive.unit}.` }));
  }
  if (near === null || far === null || near > far) return [];
  return [{ where: "sweep.near", what: `Near must have more ${unit === "mm" ? "millimetres" : "dioptres"} than far.` }];
}

/** @param {Draft} draft @param {AxisFacts|undefined} tilt @returns {FieldError[]} */
function ofPath(draft, tilt) {
  const beyond = (/** @type {number} */ at) => tilt !== undefined && !reaches(tilt, at);
  const what = tilt ? `This rig tilts ${span(tilt)}.` : "";
  if (draft.kind === "rings") {
    return draft.rings.flatMap((ring, i) => (beyond(ring.tilt_deg) ? [{ where: `path.rings.${i}.tilt_deg`, what }] : []));
  }
  return draft.kind === "sphere" ? ofSphere(draft.sphere, beyond, what) : ofList(draft.explicit, beyond, what);
}

/** @param {import("./types.js").Sphere} sphere @param {(tilt: number) => boolean} beyond @param {string} what @returns {FieldError[]} */
function ofSphere({ tilt_min_deg: low, tilt_max_deg: high }, beyond, what) {
  const ends = [{ where: "path.tilt_min_deg", tilt: low }, { where: "path.tilt_max_deg", tilt: high }];
  const outside = ends.filter(({ tilt }) => beyond(tilt)).map(({ where }) => ({ where, what }));
  if (outside.length > 0 || low <= high) return outside;
  return [{ where: "path.tilt_min_deg", what: "The lowest tilt is above the highest." }];
}

/** @param {string} text @param {(tilt: number) => boolean} beyond @param {string} what @returns {FieldError[]} */
function ofList(text, beyond, what) {
  const where = "path.positions";
  try {
    const place = [...JSON.parse(text)].findIndex((pose) => beyond(pose?.tilt_deg ?? 0));
    return place < 0 ? [] : [{ where, what: `Position ${place} of the list is out of reach. ${what}` }];
  } catch {
    return [{ where, what: "This is not a JSON list." }];
  }
}

/** @param {AxisFacts} axis @param {number} at */
function reaches({ low, high }, at) {
  return (low === null || at >= low) && (high === null || at <= high);
}

/** @param {AxisFacts} axis */
function span({ low, high }) {
  if (low !== null && high !== null) return `from ${angle(low)} to ${angle(high)}`;
  return low === null ? `up to ${angle(high)}` : `from ${angle(low)} on`;
}
