// @ts-check
import { h, setText, setValue, show } from "../dom.js";
import { button, numberField } from "../fields.js";
/** @typedef {import("../types.js").Ring} Ring */

/** One ring: its tilt and how many positions. */
export class RingRow extends HTMLElement {
  /** @type {(patch: Partial<Ring>) => void} */
  onring = () => {};
  onremove = () => {};
  #tilt = numberField({ label: "Tilt", unit: "°", min: -90, max: 90, onnumber: (tilt_deg) => this.onring({ tilt_deg }) });
  #count = numberField({ label: "Positions", min: 1, max: 5000, onnumber: (count) => this.onring({ count }) });
  #step = h("p", { class: "hint step-words" });
  #remove = button({ label: "Remove this ring", icon: "trash", text: false, onclick: () => this.onremove() });

  connectedCallback() {
    this.replaceChildren(this.#tilt.field, this.#count.field, this.#remove, this.#step);
  }

  /** @param {Ring} ring @param {boolean} tilts @param {boolean} removable */
  show(ring, tilts, removable) {
    show(this.#tilt.field, tilts);
    setValue(this.#tilt.input, ring.tilt_deg);
    setValue(this.#count.input, ring.count);
    setText(this.#step, `one each ${Number((360 / ring.count).toFixed(1))}°`);
    show(this.#remove, removable);
  }
}

customElements.define("ring-row", RingRow);
