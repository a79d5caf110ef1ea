// @ts-check
import { emit, h, setText, setValue, show } from "../dom.js";
import { button, complaint, freshId } from "../fields.js";
import { axisAt } from "../format.js";
/** @typedef {import("../types.js").AxisFacts} AxisFacts */
/** @typedef {{title: string, steps: readonly number[], word: string}} Kind */

/** @type {Readonly<Record<string, Kind>>} */
const KINDS = Object.freeze({
  turntable: { title: "Turntable", steps: [-90, -10, 10, 90], word: "degrees" },
  tilt: { title: "Tilt", steps: [-10, -1, 1, 10], word: "degrees" },
  focus: { title: "Rail", steps: [-5, -0.5, 0.5, 5], word: "millimetres" },
});

/** Moves one axis by steps or to a place, and finds its zero: at a switch, or where a person brought it. */
export class AxisJog extends HTMLElement {
  #name = "";
  /** @type {number|null} */
  #at = null;
  #id = freshId();
  #title = h("label", { for: this.#id });
  #now = h("output", { for: this.#id });
  #target = h("input", { id: this.#id, type: "number", inputmode: "decimal", step: "any", onchange: () => this.#go() });
  #unit = h("span", { class: "unit" });
  #steps = h("div", { class: "row steps-row" });
  #home = button({ label: "Home", icon: "home", onclick: () => emit(this, "home-axis", { name: this.#name }) });
  #zero = button({ label: "Set zero", onclick: () => emit(this, "zero-axis", { name: this.#name }) });
  #lost = h("p", { class: "hint" });

  connectedCallback() {
    this.replaceChildren(
      h("div", { class: "row spread" }, this.#title, this.#now),
      h("div", { class: "row" }, this.#steps,
        h("div", { class: "with-unit" }, this.#target, this.#unit), this.#home, this.#zero),
      this.#lost);
  }

  /** @param {AxisFacts} facts @param {number|null} at @param {boolean} moving @param {boolean} held  by what the rig does by itself */
  update(facts, at, moving, held) {
    const busy = moving || held;
    if (this.#name !== facts.name) this.#build(facts);
    this.#at = at;
    setText(this.#now, moving ? "moving…" : axisAt(at, facts.unit));
    setValue(this.#target, at === null ? "" : Number(at.toFixed(2)));
    this.#target.disabled = at === null || busy;
    this.#ask(facts, at, busy);
    for (const step of /** @type {NodeListOf<HTMLButtonElement>} */ (this.#steps.querySelectorAll("button"))) {
      const goal = (at ?? 0) + Number(step.dataset.by);
      step.disabled = at === null || busy || outside(goal, facts);
    }
  }

  /** How the zero of the axis is found. @param {AxisFacts} facts @param {number|null} at @param {boolean} busy */
  #ask({ can_home }, at, busy) {
    show(this.#home, can_home);
    this.#home.disabled = busy;
    this.#zero.disabled = busy;
    this.#zero.classList.toggle("quiet", can_home);
    show(this.#lost, at === null || !can_home);
    const unknown = at === null ? "Where this axis stands is not known. " : "";
    setText(this.#lost, unknown + (can_home ? "Home it before moving." : "Bring it to its zero by hand, then set zero."));
  }

  /** @param {AxisFacts} facts */
  #build(facts) {
    this.#name = facts.name;
    const { title, steps, word } = KINDS[facts.name];
    setText(this.#title, title);
    setText(this.#unit, facts.unit);
    if (facts.low !== null) this.#target.min = String(facts.low);
    if (facts.high !== null) this.#target.max = String(facts.high);
    this.#steps.replaceChildren(...steps.map((by) => this.#step(by, `${title.toLowerCase()} ${signed(by)} ${word}`, facts.unit)));
  }

  /** @param {number} by @param {string} label @param {string} unit */
  #step(by, label, unit) {
    return h("button", { type: "button", class: "button", "data-by": by, "aria-label": label,
      onclick: () => this.#at !== null && emit(this, "move-axis", { name: this.#name, angle: this.#at + by }) },
      `${signed(by)}${unit === "°" ? unit : ""}`);
  }

  #go() {
    const wrong = complaint(this.#target);
    this.#target.setCustomValidity(wrong);
    if (!wrong) emit(this, "move-axis", { name: this.#name, angle: this.#target.valueAsNumber });
  }
}

/** @param {number} by */
function signed(by) {
  return `${by > 0 ? "+" : "−"}${Math.abs(by)}`;
}

/** @param {number} goal @param {AxisFacts} facts */
function outside(goal, facts) {
  return (facts.low !== null && goal < facts.low) || (facts.high !== null && goal > facts.high);
}

customElements.define("axis-jog", AxisJog);
