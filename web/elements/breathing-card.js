// @ts-check
import { emit, h, setText, show } from "../dom.js";
import { button } from "../fields.js";
import { grouped, plural, when } from "../format.js";
import { CalibrationPanel } from "./calibration-panel.js";
/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").Calibration} Calibration */

const ALONE = "Not calibrated: a scan of more than a few positions begins with it.";

/** Whether the rig knows how its lens breathes, and how to make it so. */
export class BreathingCard extends HTMLElement {
  #begin = button({ label: "Calibrate", onclick: () => emit(this, "calibrate-breathing") });
  #panel = new CalibrationPanel({
    title: "Lens breathing",
    name: "breathing",
    about: "The picture grows a little as the focus comes nearer. Where that is known, all positions share one geometry, which is what photogrammetry measures by, and stacking is faster.",
    how: "Put an object with texture on the turntable. The rig takes a sweep at several angles, over the range of step 2 where it is set.",
    begin: this.#begin,
    forget: button({ label: "Forget", icon: "trash", kind: "danger-quiet", onclick: () => emit(this, "forget-breathing") }),
  });

  connectedCallback() {
    this.replaceChildren(this.#panel);
  }

  /** @param {State} state */
  update({ status, calibration, link, busy }) {
    const drive = status?.rig.facts?.focus.drive ?? "fixed";
    show(this.#panel, drive !== "fixed");
    if (!status) return;
    const { calibrated } = status.rig;
    setText(/** @type {Node} */ (this.#begin.querySelector("span")), calibrated ? "Calibrate again" : "Calibrate");
    this.#panel.update(status.rig, {
      standing: calibrated ? "calibrated" : "not calibrated",
      words: calibrated ? words(calibration, drive === "rail" ? "millimetre" : "dioptre") : ALONE,
      forgettable: calibrated,
      stuck: link !== "live" || busy.has("calibration"),
    });
  }
}

/** When it was measured, from what, and how exact it is. @param {Calibration|null} calibration  null while it is being read @param {string} unit */
function words(calibration, unit) {
  if (!calibration) return "Calibrated.";
  const { measured_at, positions, slices, outliers, scale_error_ppm, residual_px } = calibration;
  const from = `Calibrated ${when(measured_at)} from ${plural(slices, "slice")} at ${plural(positions, "position")}.`;
  const exact = `Scale is known to ${grouped(Number(scale_error_ppm.toPrecision(2)))} ppm a ${unit}; slices lie within ${residual_px.toFixed(2)} px of the law.`;
  return outliers > 0 ? `${from} ${exact} ${plural(outliers, "slice")} contradicted the others and had no say.` : `${from} ${exact}`;
}

customElements.define("breathing-card", BreathingCard);
