// @ts-check
import { emit, h, setText, show } from "../dom.js";
import { button } from "../fields.js";
import { grouped, plural, when } from "../format.js";
/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").RigStatus} RigStatus */
/** @typedef {import("../types.js").Calibration} Calibration */

const ALONE = "Not calibrated: each position is aligned on its own.";

/** Whether the rig knows how its lens breathes, and how to make it so. */
export class BreathingCard extends HTMLElement {
  #where = h("span", { class: "where" });
  #state = h("p", { class: "standing" });
  #doing = h("p", { class: "activity", role: "status" });
  #problem = h("p", { class: "field-error" });
  #calibrate = button({ label: "Calibrate", onclick: () => emit(this, "calibrate-breathing") });
  #cancel = button({ label: "Cancel", icon: "stop", onclick: () => emit(this, "cancel-calibration") });
  #forget = button({ label: "Forget", icon: "trash", kind: "danger-quiet", onclick: () => emit(this, "forget-calibration") });
  #buttons = [this.#calibrate, this.#cancel, this.#forget];
  #lost = false;
  #how = h("p", { class: "hint" },
    "Put an object with texture on the turntable. The rig takes a sweep at several angles, over the range of step 2 where it is set.");
  #all = h("details", {},
    h("summary", {}, h("h2", {}, "Lens breathing"), this.#where),
    this.#state,
    h("p", { class: "hint" }, "A lens magnifies differently at each lens position. Where that is known, all positions share one geometry, which is what photogrammetry measures by, and stacking is faster."),
    this.#how, this.#doing, this.#problem,
    h("div", { class: "buttons" }, ...this.#buttons));

  connectedCallback() {
    this.replaceChildren(this.#all);
  }

  /** @param {State} state */
  update({ status, calibration, link, busy }) {
    show(this.#all, Boolean(status?.rig.facts?.camera.lens));
    if (!status) return;
    this.#tell(status.rig, calibration);
    this.#offer(status.rig, link !== "live" || busy.has("calibration"));
  }

  /** @param {RigStatus} rig @param {Calibration|null} calibration */
  #tell({ calibrated, activity, problem }, calibration) {
    const working = activity !== "";
    if (working) this.#all.open = true;
    setText(this.#where, working ? "in progress" : calibrated ? "calibrated" : "not calibrated");
    setText(this.#state, calibrated ? words(calibration) : ALONE);
    setText(this.#doing, activity);
    show(this.#doing, working);
    show(this.#how, !working);
    setText(this.#problem, problem ? `${problem.message} ${problem.hint ?? ""}` : "");
    show(this.#problem, problem !== null && !working);
  }

  /** @param {RigStatus} rig @param {boolean} stuck */
  #offer({ calibrated, activity }, stuck) {
    const working = activity !== "";
    const held = this.#buttons.find((each) => each === document.activeElement);
    setText(/** @type {Node} */ (this.#calibrate.querySelector("span")), calibrated ? "Calibrate again" : "Calibrate");
    show(this.#calibrate, !working);
    show(this.#cancel, working);
    show(this.#forget, calibrated && !working);
    for (const each of this.#buttons) each.disabled = stuck;
    this.#keepFocus(held);
  }

  /** A button that was pressed goes away or cannot be pressed: the one that takes its place gets the focus. @param {HTMLButtonElement|undefined} held */
  #keepFocus(held) {
    const lost = held ? !usable(held) : this.#lost && document.activeElement === document.body;
    const next = lost ? [this.#cancel, this.#calibrate].find(usable) : undefined;
    next?.focus({ preventScroll: true });
    this.#lost = lost && !next;
  }
}

/** @param {HTMLButtonElement} button */
function usable({ hidden, disabled }) {
  return !hidden && !disabled;
}

/** When it was measured, from what, and how exact it is. @param {Calibration|null} calibration  null while it is being read */
function words(calibration) {
  if (!calibration) return "Calibrated.";
  const { measured_at, positions, slices, outliers, scale_error_ppm, residual_px } = calibration;
  const from = `Calibrated ${when(measured_at)} from ${plural(slices, "slice")} at ${plural(positions, "position")}.`;
  const exact = `Scale is known to ${grouped(Number(scale_error_ppm.toPrecision(2)))} ppm a dioptre; slices lie within ${residual_px.toFixed(2)} px of the law.`;
  return outliers > 0 ? `${from} ${exact} ${plural(outliers, "slice")} contradicted the others and had no say.` : `${from} ${exact}`;
}

customElements.define("breathing-card", BreathingCard);
