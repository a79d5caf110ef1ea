// @ts-check
import { address } from "../api.js";
import { h, keyed, setText, show } from "../dom.js";
import { icon } from "../icons.js";
import { plural, standing, when } from "../format.js";
import { findScan } from "../state.js";
import { ScanButtons } from "./scan-buttons.js";
/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").ScanStatus} ScanStatus */

/** All scans on the card, newest first. */
export class ScanList extends HTMLElement {
  #list = h("ul", { class: "scans" });
  #empty = h("p", { class: "hint" }, "There are no scans yet. ", h("a", { href: "#/scan" }, "Set one up."));
  #loading = h("p", { class: "hint" }, "Reading the list…");

  connectedCallback() {
    this.replaceChildren(h("h1", {}, "Scans"), this.#loading, this.#empty, this.#list);
  }

  /** @param {State} state */
  update(state) {
    show(this.#loading, state.scans === null);
    show(this.#empty, state.scans?.length === 0);
    const scans = (state.scans ?? []).map((scan) => findScan(state, scan.id) ?? scan);
    keyed(this.#list, scans, (scan) => scan.id, row, (element, scan) => fill(element, scan, state));
  }
}

/** @param {ScanStatus} scan */
function row(scan) {
  const href = `#/scans/${encodeURIComponent(scan.id)}`;
  return h("li", { class: "card scan-row" },
    h("a", { class: "picture", href, tabindex: -1, "aria-hidden": "true" }, h("img", { alt: "", loading: "lazy" })),
    h("div", { class: "what" },
      h("div", { class: "row spread wrap" }, h("h2", {}, h("a", { href })), h("span", { class: "badge" })),
      h("p", { class: "hint" }), h("p", { class: "flagged" }, icon("warning"), h("span")), h("p", { class: "field-error" }), new ScanButtons()));
}

/** @param {HTMLElement} element @param {ScanStatus} scan @param {State} state */
function fill(element, scan, state) {
  const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (element.querySelector(selector));
  setText(find("h2 a"), scan.name);
  setText(find(".badge"), standing(scan));
  find(".badge").dataset.state = scan.reason ?? scan.state;
  setText(find(".hint"), `${when(scan.created_at)} · ${images(scan)}`);
  setText(find(".flagged span"), `${plural(scan.flagged.length, "position is", "positions are")} worth a look`);
  show(find(".flagged"), scan.flagged.length > 0);
  setText(find(".field-error"), scan.problem ? `${scan.problem.message} ${scan.problem.hint ?? ""}` : "");
  show(find(".field-error"), scan.problem !== null);
  const image = /** @type {HTMLImageElement} */ (find("img"));
  const [first] = scan.stacked_positions;
  show(find(".picture"), first !== undefined);
  if (first !== undefined && !image.src) image.src = address("thumbnail", { scan_id: scan.id, n: first });
  /** @type {ScanButtons} */ (find("scan-buttons")).update(scan, state, "list");
}

/** @param {ScanStatus} scan */
function images({ stacked, positions_total, state }) {
  if (stacked > 0) return `${stacked} of ${plural(positions_total, "image")}`;
  return state === "finished" ? "no image" : `no image yet, ${plural(positions_total, "position")} planned`;
}

customElements.define("scan-list", ScanList);
