// @ts-check
import { address } from "../api.js";
import { h, keyed, setAttribute, setText, show } from "../dom.js";
import { plural } from "../format.js";
import { icon } from "../icons.js";
import { FindingList } from "./finding-list.js";
/** @typedef {import("../types.js").ScanStatus} ScanStatus */

/** Thumbnails of the stacked images of one scan, each a link to the big view; those with findings are marked. */
export class StackGrid extends HTMLElement {
  #list = h("ol", { class: "stacks" });
  #empty = h("p", { class: "hint" });
  #flagged = h("p", { class: "hint" });
  #findings = new FindingList();

  connectedCallback() {
    this.replaceChildren(this.#empty, this.#flagged, this.#findings, this.#list);
  }

  /**
   * @param {ScanStatus} scan
   * @param {readonly import("../types.js").PositionReport[]|null} reports  null while they are not read
   * @param {number|null} [chosen]  the position in the big view
   */
  update(scan, reports, chosen = null) {
    const some = scan.stacked_positions.length > 0;
    show(this.#empty, !some);
    setText(this.#empty, scan.state === "running" ? "The first one appears when its position is stacked." : "There are none.");
    const { flagged } = scan;
    show(this.#flagged, flagged.length > 0);
    setText(this.#flagged, `${plural(flagged.length, "position is", "positions are")} marked with a triangle: worth a look.`);
    this.#findings.update(scan.id, reports ?? [], scan.proposal !== null);
    keyed(this.#list, scan.stacked_positions, (n) => `${scan.id}/${n}`, (n) => cell(scan.id, n), (element, n) =>
      mark(element, n === chosen, flagged.includes(n)));
  }
}

/** @param {string} id @param {number} n */
function cell(id, n) {
  return h("li", {},
    h("a", { href: `#/scans/${encodeURIComponent(id)}/positions/${n}` },
      h("img", { src: address("thumbnail", { scan_id: id, n }), alt: `Stacked image of position ${n}`, loading: "lazy", decoding: "async" }),
      h("span", { class: "number", "aria-hidden": "true" }, n),
      h("span", { class: "flag", hidden: true }, icon("warning"), h("span", { class: "visually-hidden" }, "worth a look"))));
}

/** @param {HTMLElement} element @param {boolean} chosen @param {boolean} flagged */
function mark(element, chosen, flagged) {
  setAttribute(/** @type {Element} */ (element.firstElementChild), "aria-current", chosen ? "true" : null);
  show(/** @type {HTMLElement} */ (element.querySelector(".flag")), flagged);
}

customElements.define("stack-grid", StackGrid);
