// @ts-check
import { emit, h, setText, show } from "../dom.js";
import { button, choice, numberField } from "../fields.js";
import { shutter } from "../format.js";
/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").Exposure} Exposure */

/** The look of all slices: measured when the scan starts, or locked now. It never changes within a scan. */
export class ExposureFields extends HTMLElement {
  #mode = choice("Exposure", [["auto", "Automatic"], ["locked", "Locked"]], (mode) =>
    mode === "auto" ? emit(this, "change-plan", { exposure: null }) : emit(this, "lock-exposure"));
  #words = h("p", { class: "hint" });
  #again = button({ label: "Measure again", icon: "lock", kind: "quiet", onclick: () => emit(this, "lock-exposure") });
  /** @type {Exposure|null} */
  #exposure = null;
  #time = this.#field("time_us", "Time", "µs", 1, 10_000_000, 100);
  #gain = this.#field("gain", "Gain", "×", 1, 64, 0.1);
  #red = this.#field("red_gain", "Red", "×", 0.01, 16, 0.05);
  #blue = this.#field("blue_gain", "Blue", "×", 0.01, 16, 0.05);
  #byHand = h("div", {}, h("div", { class: "pair four" }, this.#time.field, this.#gain.field, this.#red.field, this.#blue.field), this.#again);

  connectedCallback() {
    this.replaceChildren(h("section", { class: "card" },
      h("div", { class: "row spread wrap" }, h("h2", {}, "Exposure"), this.#mode.field),
      this.#words, this.#byHand));
  }

  /** @param {State} state */
  update({ draft, busy }) {
    const { exposure } = draft;
    this.#exposure = exposure;
    this.#mode.select(exposure || busy.has("exposure") ? "locked" : "auto");
    show(this.#byHand, exposure !== null);
    setText(this.#words, busy.has("exposure") ? "Measuring…" : wordsFor(exposure));
    this.#time.set(exposure?.time_us ?? null);
    this.#gain.set(rounded(exposure?.gain));
    this.#red.set(rounded(exposure?.red_gain));
    this.#blue.set(rounded(exposure?.blue_gain));
    this.#again.disabled = busy.has("exposure");
  }

  /** @param {keyof Exposure} key @param {string} label @param {string} unit @param {number} min @param {number} max @param {number} step */
  #field(key, label, unit, min, max, step) {
    return numberField({ label, unit, min, max, step,
      onnumber: (value) => this.#exposure && emit(this, "change-plan", { exposure: { ...this.#exposure, [key]: value } }) });
  }
}

/** @param {Exposure|null} exposure */
function wordsFor(exposure) {
  return exposure
    ? `Every slice is taken with ${shutter(exposure.time_us)}.`
    : "Measured once before the first position, then locked for all slices.";
}

/** @param {number|undefined} value */
function rounded(value) {
  return value === undefined ? null : Number(value.toFixed(3));
}

customElements.define("exposure-fields", ExposureFields);
