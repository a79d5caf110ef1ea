// @ts-check
import { h, setText, show } from "../dom.js";
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

  /** @param {Ring} ring @param {boolean} tilts @param {boolean} removable @param {string} said  what is wrong with the tilt */
  show(ring, tilts, removable, said) {
    show(this.#tilt.field, tilts);
    this.#tilt.set(ring.tilt_deg, said);
    this.#count.set(ring.count);
    setText(this.#step, `one every ${Number((360 / ring.count).toFixed(1))}°`);
    show(this.#remove, removable);
  }
}

customElements.define("ring-row", RingRow);
