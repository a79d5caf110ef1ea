// @ts-check
import { address } from "../api.js";
import { h, keyed, setAttribute, setText, show } from "../dom.js";
/** @typedef {import("../types.js").ScanStatus} ScanStatus */

/** Thumbnails of the stacked images of one scan, each a link to the big view. */
export class StackGrid extends HTMLElement {
  #list = h("ol", { class: "stacks" });
  #empty = h("p", { class: "hint" });

  connectedCallback() {
    this.replaceChildren(this.#empty, this.#list);
  }

  /** @param {ScanStatus} scan @param {number|null} [chosen]  the position in the big view */
  update(scan, chosen = null) {
    const some = scan.stacked_positions.length > 0;
    show(this.#empty, !some);
    setText(this.#empty, scan.state === "running" ? "The first one appears when its position is stacked." : "There are none.");
    keyed(this.#list, scan.stacked_positions, (n) => `${scan.id}/${n}`, (n) => cell(scan.id, n), (element, n) =>
      setAttribute(/** @type {Element} */ (element.firstElementChild), "aria-current", n === chosen ? "true" : null));
  }
}

/** @param {string} id @param {number} n */
function cell(id, n) {
  return h("li", {},
    h("a", { href: `#/scans/${encodeURIComponent(id)}/positions/${n}` },
      h("img", { src: address("thumbnail", { scan_id: id, n }), alt: `Stacked image of position ${n}`, loading: "lazy", decoding: "async" }),
      h("span", { "aria-hidden": "true" }, n)));
}

customElements.define("stack-grid", StackGrid);
