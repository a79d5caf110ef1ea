// @ts-check
import { saidOf } from "../check.js";
import { emit, h, keyed, show } from "../dom.js";
import { button } from "../fields.js";
import { RingRow } from "./ring-row.js";
/** @typedef {import("../types.js").Ring} Ring */

/** The rings of a path, one row each. */
export class RingList extends HTMLElement {
  #rows = h("div", { class: "rings", role: "group", "aria-label": "Rings" });
  #add = button({ label: "Add a ring", icon: "plus", kind: "quiet", onclick: () => this.#append() });
  /** @type {readonly Ring[]} */
  #rings = [];

  connectedCallback() {
    this.replaceChildren(this.#rows, this.#add);
  }

  /** @param {readonly Ring[]} rings @param {boolean} tilts  whether the rig has a tilt axis @param {import("../types.js").FieldError[]} wrong */
  update(rings, tilts, wrong) {
    this.#rings = rings;
    const rows = rings.map((ring, place) => ({ ring, place }));
    keyed(this.#rows, rows, ({ place }) => place, ({ place }) => this.#row(place), (element, { ring, place }) => {
      const row = /** @type {RingRow} */ (element);
      row.show(ring, tilts, rings.length > 1, saidOf(wrong, `path.rings.${place}.tilt_deg`));
    });
    show(this.#add, tilts);
  }

  /** @param {number} place */
  #row(place) {
    const row = new RingRow();
    row.onring = (patch) => this.#send(this.#rings.map((ring, i) => (i === place ? { ...ring, ...patch } : ring)));
    row.onremove = () => this.#send(this.#rings.filter((_, i) => i !== place));
    return row;
  }

  #append() {
    const last = this.#rings.at(-1) ?? { tilt_deg: 0, count: 24 };
    this.#send([...this.#rings, { tilt_deg: Math.min(90, last.tilt_deg + 20), count: last.count }]);
  }

  /** @param {Ring[]} rings */
  #send(rings) {
    emit(this, "change-plan", { rings });
  }
}

customElements.define("ring-list", RingList);
