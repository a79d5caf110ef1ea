// @ts-check
import { emit, h, keyed, show } from "../dom.js";
import { button, numberField } from "../fields.js";
import { place } from "../focus.js";
import { plural, when } from "../format.js";
import { CalibrationPanel } from "./calibration-panel.js";
/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").FocusCalibration} FocusCalibration */

const MIN_MM = 10;
const MAX_MM = 10_000;
const UNKNOWN = "Uncalibrated: the lens tells its positions on a scale of its own, and distances can be far off.";

/** What the scale of the lens means in millimetres: what is known, and measuring it on targets at known distances. */
export class FocusCard extends HTMLElement {
  /** @type {number|null} */
  #typed = null;
  #target = numberField({ label: "Distance from the lens to the target", unit: "mm", min: MIN_MM, max: MAX_MM, step: "any",
    onnumber: (value) => this.#type(value), onempty: () => this.#type(null) });
  #points = h("ul", { class: "points", "aria-label": "Measured targets" });
  #panel = new CalibrationPanel({
    title: "Focus scale",
    name: "focus",
    about: "The same number of dioptres is another distance on each lens. Where that is measured, the page tells true distances.",
    how: "Put a flat target with fine texture, printed text for example, square to the lens. Measure it at two distances or more, one near and one far.",
    field: h("div", {}, this.#points, this.#target.field),
    begin: button({ label: "Measure", onclick: () => this.#measure() }),
    forget: button({ label: "Forget", icon: "trash", kind: "danger-quiet", onclick: () => emit(this, "forget-focus") }),
  });

  connectedCallback() {
    this.replaceChildren(this.#panel);
  }

  /** @param {State} state */
  update({ status, scale, link, busy }) {
    show(this.#panel, status?.rig.facts?.focus.drive === "lens");
    if (!status) return;
    const points = scale?.points ?? [];
    keyed(this.#points, points, ({ distance_mm, focus }) => `${distance_mm} ${focus}`, ({ distance_mm, focus }) =>
      h("li", {}, `${distance_mm} mm: sharp at ${place(focus, "D")}`));
    show(this.#points, points.length > 0);
    this.#panel.update(status.rig, {
      standing: status.rig.focus_scale ? `calibrated, ${plural(points.length, "distance")}` : "uncalibrated",
      words: scale ? words(scale) : UNKNOWN,
      forgettable: points.length > 0,
      stuck: link !== "live" || busy.has("calibration"),
    });
  }

  /** @param {number|null} value */
  #type(value) {
    this.#typed = value;
    this.#target.set(value);
  }

  #measure() {
    if (this.#typed === null) this.#target.set(null, "How far from the lens is the target?");
    else if (this.#target.input.validity.valid) emit(this, "calibrate-focus", { distance_mm: this.#typed });
    if (this.#typed === null) this.#target.input.focus();
  }
}

/** When it was measured, and the law. @param {FocusCalibration} calibration */
function words({ points, offset, slope, residual, measured_at }) {
  const from = `Measured ${when(measured_at)} at ${plural(points.length, "distance")}.`;
  if (offset === null || slope === null) return `${from} One more, well nearer or farther, makes the scale.`;
  const sign = offset < 0 ? "−" : "+";
  const law = `The lens is sharp at ${slope.toFixed(3)} × 1000 mm / distance ${sign} ${Math.abs(offset).toFixed(2)} D`;
  if (points.length === 2 || residual === null) return `${from} ${law}. A third distance would prove it.`;
  return `${from} ${law}; the targets lie ${residual.toFixed(2)} D beside that (rms).`;
}

customElements.define("focus-card", FocusCard);
