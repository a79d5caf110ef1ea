// @ts-check
import { emit, h, keyed, setText, setValue, show } from "../dom.js";
import { button, freshId } from "../fields.js";
import { axisAt, axisName } from "../format.js";
import { AxisJog } from "./axis-jog.js";
/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").RigFacts} RigFacts */
/** @typedef {import("../types.js").RigStatus} RigStatus */

/** Move the rig by hand: turntable, tilt, rail, light. */
export class RigControls extends HTMLElement {
  #axes = h("div", { class: "axes" });
  #id = freshId();
  #slider = h("input", { id: this.#id, type: "range", min: 0, max: 1, step: 0.05,
    onchange: () => emit(this, "set-light", { level: this.#slider.valueAsNumber }) });
  #level = h("output", { for: this.#id });
  #light = h("div", { class: "light" }, h("label", { for: this.#id }, "Light"), this.#slider, this.#level);
  #release = button({ label: "Release motors", onclick: () => emit(this, "release-motors") });
  #stop = button({ label: "Stop", onclick: () => emit(this, "stop-axes") });
  #motors = h("div", { class: "motors" }, this.#stop, this.#release, h("p", { class: "hint" }, "Then the axes turn by hand, and must be homed or zeroed again."));
  #where = h("span", { class: "where" });
  #all = h("details", { open: matchMedia("(min-width: 60rem)").matches },
    h("summary", {}, h("h2", {}, "Move by hand"), this.#where), this.#axes, this.#motors, this.#light);

  connectedCallback() {
    this.replaceChildren(this.#all);
  }

  /** @param {State} state */
  update(state) {
    const rig = state.status?.rig;
    show(this.#all, Boolean(rig?.facts));
    if (rig?.facts) this.#draw(rig.facts, rig, state.busy);
  }

  /** @param {RigFacts} facts @param {RigStatus} rig @param {ReadonlySet<string>} busy */
  #draw({ axes, light }, { axes: angles, light: level, activity }, busy) {
    keyed(this.#axes, axes, (axis) => axis.name, () => new AxisJog(), (jog, axis) =>
      /** @type {AxisJog} */ (jog).update(axis, angles[axis.name] ?? null, busy.has(`axis-${axis.name}`), activity !== ""));
    setText(this.#where, axes.map((axis) => `${axisName(axis.name)} ${axisAt(angles[axis.name], axis.unit)}`).join(" · "));
    show(this.#motors, axes.length > 0);
    this.#release.disabled = activity !== "" || busy.has("motors");
    this.#stop.disabled = ![...busy].some((what) => what.startsWith("axis-"));
    show(this.#light, light);
    this.#slider.disabled = activity !== "";
    setValue(this.#slider, level);
    setText(this.#level, level === null ? "" : `${Math.round(100 * level)} %`);
  }
}

customElements.define("rig-controls", RigControls);
