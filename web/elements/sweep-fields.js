// @ts-check
import { saidOf } from "../check.js";
import { emit, h, setText, show } from "../dom.js";
import { button, choice, numberField } from "../fields.js";
import { distance, lens, plural } from "../format.js";
/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").SweepFacts} SweepFacts */
/** @typedef {import("../types.js").FieldError} FieldError */
/** @typedef {"near"|"far"} End */

/** Step 2: from where to where the lens sweeps, and in how many slices. */
export class SweepFields extends HTMLElement {
  #near = this.#end("near", "Near");
  #far = this.#end("far", "Far");
  #mode = choice("Slices", [["auto", "Automatic"], ["set", "Set by hand"]], (mode) =>
    emit(this, "change-plan", { count: mode === "auto" ? null : this.#proposed }));
  #count = numberField({ label: "Slices at each position", min: 2, max: 200,
    onnumber: (count) => emit(this, "change-plan", { count }) });
  #words = h("p", { class: "hint" });
  #proposed = 10;

  connectedCallback() {
    this.replaceChildren(h("section", { class: "card" },
      h("h2", {}, h("span", { class: "step" }, "2"), "Range"),
      h("div", { class: "pair" }, this.#far.field, this.#near.field),
      h("div", { class: "row wrap spread" }, h("span", { class: "label" }, "Slices"), this.#mode.field),
      this.#count.field, this.#words));
  }

  /** @param {State} state @param {FieldError[]} wrong */
  update({ draft, estimate }, wrong) {
    const sweep = estimate.value?.sweep ?? null;
    this.#showEnd(this.#near, draft.near, sweep?.near, saidOf(wrong, "sweep.near"));
    this.#showEnd(this.#far, draft.far, sweep?.far, saidOf(wrong, "sweep.far"));
    this.#showCount(draft.count, sweep, saidOf(wrong, "sweep.count"));
  }

  /** @param {number|null} count @param {SweepFacts|null} sweep @param {string} said */
  #showCount(count, sweep, said) {
    this.#proposed = sweep?.count ?? this.#proposed;
    this.#mode.select(count === null ? "auto" : "set");
    show(this.#count.field, count !== null);
    this.#count.set(count, said);
    setText(this.#words, proposal(count, sweep));
  }

  /**
   * @param {{set: (value: number|null, said: string) => void, words: HTMLElement, auto: HTMLElement}} part
   * @param {number|null} chosen @param {number|undefined} found @param {string} said
   */
  #showEnd(part, chosen, found, said) {
    part.set(chosen, said);
    setText(part.words, wordsFor(chosen, found));
    show(part.words, said === "");
    show(part.auto, chosen !== null);
  }

  /** @param {End} end @param {string} label */
  #end(end, label) {
    const { field, input, set } = numberField({ label, unit: "D", step: 0.1, placeholder: "auto",
      onnumber: (value) => emit(this, "change-plan", { [end]: value }), onempty: () => emit(this, "change-plan", { [end]: null }) });
    const words = h("p", { class: "hint" });
    const auto = button({ label: `Find ${end} automatically`, icon: "cross", text: false, onclick: () => emit(this, "change-plan", { [end]: null }) });
    input.parentElement?.append(auto);
    field.append(words);
    return { field, set, words, auto };
  }
}

/** @param {number|null} chosen @param {number|undefined} value */
function wordsFor(chosen, value) {
  if (chosen !== null) return `sharp at ${distance(chosen)}`;
  return value === undefined ? "found when the scan starts" : `found: ${lens(value)}, ${distance(value)}`;
}

/** @param {number|null} chosen @param {SweepFacts|null} sweep */
function proposal(chosen, sweep) {
  if (!sweep) return chosen === null ? "As many as the depth of field needs, known when near and far are." : "";
  const step = (sweep.near - sweep.far) / Math.max(1, sweep.count - 1);
  return `${plural(sweep.count, "slice")}, ${step.toFixed(2)} D apart${chosen === null ? ", so that their depths of field overlap." : "."}`;
}

customElements.define("sweep-fields", SweepFields);
