// @ts-check
import { saidOf } from "../check.js";
import { emit, h, setText, show } from "../dom.js";
import { button, choice, numberField } from "../fields.js";
import { distance, place, unitOf } from "../focus.js";
import { plural } from "../format.js";
/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").SweepFacts} SweepFacts */
/** @typedef {import("../types.js").FocusScale} FocusScale */
/** @typedef {import("../types.js").FieldError} FieldError */
/** @typedef {import("../types.js").Unit} Unit */
/** @typedef {"near"|"far"} End */

/** Step 2: from where to where the focus sweeps, and in how many slices. */
export class SweepFields extends HTMLElement {
  #near = this.#end("near", "Near");
  #far = this.#end("far", "Far");
  #mode = choice("Slices", [["auto", "Automatic"], ["set", "Set by hand"]], (mode) =>
    emit(this, "change-plan", { count: mode === "auto" ? null : this.#proposed }));
  #count = numberField({ label: "Slices at each position", min: 2, max: 200,
    onnumber: (count) => emit(this, "change-plan", { count }) });
  #words = h("p", { class: "hint" });
  #range = h("div", { class: "range" },
    h("div", { class: "pair" }, this.#far.field, this.#near.field),
    h("div", { class: "row wrap spread" }, h("span", { class: "label" }, "Slices"), this.#mode.field),
    this.#count.field, this.#words);
  #fixed = h("p", { class: "hint" }, "None: the focus is fixed, and one picture is taken at each position.");
  #proposed = 10;

  connectedCallback() {
    this.replaceChildren(h("section", { class: "card" },
      h("h2", {}, h("span", { class: "step" }, "2"), "Range"), this.#range, this.#fixed));
  }

  /** @param {State} state @param {FieldError[]} wrong */
  update(state, wrong) {
    const { draft, estimate, status } = state;
    const sweep = estimate.value?.sweep ?? null;
    const unit = unitOf(state);
    const says = (/** @type {number} */ at) => (unit === "D" ? distance(at, status?.rig.focus_scale ?? null) : "");
    show(this.#range, unit !== "");
    show(this.#fixed, unit === "");
    for (const [name, end] of /** @type {const} */ ([["near", this.#near], ["far", this.#far]])) {
      const said = saidOf(wrong, `sweep.${name}`);
      end.set(draft[name], said);
      end.measure(unit);
      setText(end.words, wordsFor(draft[name], sweep?.[name], unit, says));
      show(end.words, said === "");
      show(end.auto, draft[name] !== null);
    }
    this.#showCount(draft.count, sweep, unit, saidOf(wrong, "sweep.count"));
  }

  /** Lead the person here. */
  attend() {
    this.scrollIntoView({ block: "start" });
    this.#near.input.focus({ preventScroll: true });
  }

  /** @param {number|null} count @param {SweepFacts|null} sweep @param {Unit} unit @param {string} said */
  #showCount(count, sweep, unit, said) {
    this.#proposed = sweep && sweep.count > 1 ? sweep.count : this.#proposed;
    this.#mode.select(count === null ? "auto" : "set");
    show(this.#count.field, count !== null);
    this.#count.set(count, said);
    setText(this.#words, proposal(count, sweep, unit));
  }

  /** @param {End} end @param {string} label */
  #end(end, label) {
    const { field, input, set, measure } = numberField({ label, unit: "D", step: 0.1, placeholder: "auto",
      onnumber: (value) => emit(this, "change-plan", { [end]: value }), onempty: () => emit(this, "change-plan", { [end]: null }) });
    const words = h("p", { class: "hint" });
    const auto = button({ label: `Find ${end} automatically`, icon: "cross", text: false, onclick: () => emit(this, "change-plan", { [end]: null }) });
    input.parentElement?.append(auto);
    field.append(words);
    return { field, input, set, measure, words, auto };
  }
}

/** @param {number|null} chosen @param {number|undefined} found @param {Unit} unit @param {(at: number) => string} says  at what distance it is sharp there, "" where that is not told */
function wordsFor(chosen, found, unit, says) {
  if (chosen !== null) return says(chosen) && `sharp at ${says(chosen)}`;
  return found === undefined ? "found when the scan starts" : `found: ${[place(found, unit), says(found)].filter(Boolean).join(", ")}`;
}

/** @param {number|null} chosen @param {SweepFacts|null} sweep @param {Unit} unit */
function proposal(chosen, sweep, unit) {
  if (!sweep) return chosen === null ? "As many as the depth of field needs, known when near and far are." : "";
  const step = (sweep.near - sweep.far) / Math.max(1, sweep.count - 1);
  return `${plural(sweep.count, "slice")}, ${place(step, unit)} apart${chosen === null ? ", so that their depths of field overlap." : "."}`;
}

customElements.define("sweep-fields", SweepFields);
