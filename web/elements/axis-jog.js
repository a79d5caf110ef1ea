// @ts-check
import { emit, h, setText, setValue, show } from "../dom.js";
import { button, complaint, freshId } from "../fields.js";
import { angle } from "../format.js";
/** @typedef {import("../types.js").AxisFacts} AxisFacts */

const STEPS = Object.freeze({ turntable: [-90, -10, 10, 90], tilt: [-10, -1, 1, 10] });

/** Moves one axis by steps, to an angle, or home. */
export class AxisJog extends HTMLElement {
  #name = "";
  /** @type {number|null} */
  #angle = null;
  #id = freshId();
  #title = h("label", { for: this.#id });
  #now = h("output", { for: this.#id });
  #target = h("input", { id: this.#id, type: "number", inputmode: "decimal", step: "any", onchange: () => this.#go() });
  #steps = h("div", { class: "row steps-row" });
  #home = button({ label: "Home", icon: "home", onclick: () => emit(this, "home-axis", { name: this.#name }) });
  #lost = h("p", { class: "hint" }, "Where this axis stands is not known. Home it before moving.");

  connectedCallback() {
    this.replaceChildren(
      h("div", { class: "row spread" }, this.#title, this.#now),
      h("div", { class: "row" }, this.#steps,
        h("div", { class: "with-unit" }, this.#target, h("span", { class: "unit" }, "°")), this.#home),
      this.#lost);
  }

  /** @param {AxisFacts} facts @param {number|null} at @param {boolean} busy */
  update(facts, at, busy) {
    if (this.#name !== facts.name) this.#build(facts);
    this.#angle = at;
    setText(this.#now, busy ? "moving…" : angle(at));
    setValue(this.#target, at === null ? "" : Number(at.toFixed(2)));
    this.#target.disabled = at === null || busy;
    this.#home.disabled = busy;
    show(this.#lost, at === null);
    for (const step of /** @type {NodeListOf<HTMLButtonElement>} */ (this.#steps.querySelectorAll("button"))) {
      const goal = (at ?? 0) + Number(step.dataset.by);
      step.disabled = at === null || busy || outside(goal, facts);
    }
  }

  /** @param {AxisFacts} facts */
  #build(facts) {
    this.#name = facts.name;
    setText(this.#title, facts.name === "tilt" ? "Tilt" : "Turntable");
    if (facts.low !== null) this.#target.min = String(facts.low);
    if (facts.high !== null) this.#target.max = String(facts.high);
    const steps = facts.name === "tilt" ? STEPS.tilt : STEPS.turntable;
    this.#steps.replaceChildren(...steps.map((by) => this.#step(by)));
  }

  /** @param {number} by */
  #step(by) {
    const sign = by > 0 ? "+" : "−";
    return h("button", { type: "button", class: "button", "data-by": by, "aria-label": `${this.#name} ${sign}${Math.abs(by)} degrees`,
      onclick: () => this.#angle !== null && emit(this, "move-axis", { name: this.#name, angle: this.#angle + by }) },
      `${sign}${Math.abs(by)}°`);
  }

  #go() {
    const wrong = complaint(this.#target);
    this.#target.setCustomValidity(wrong);
    if (!wrong) emit(this, "move-axis", { name: this.#name, angle: this.#target.valueAsNumber });
  }
}

/** @param {number} goal @param {AxisFacts} facts */
function outside(goal, facts) {
  return (facts.low !== null && goal < facts.low) || (facts.high !== null && goal > facts.high);
}

customElements.define("axis-jog", AxisJog);
