// @ts-check
import { address } from "../api.js";
import { h, setAttribute, setText, show } from "../dom.js";
import { button } from "../fields.js";
import { percent } from "../format.js";
/** @typedef {import("../types.js").PositionReport} PositionReport */

/** Switches for what a stack knows beside its image: the mask, which dims what is not the object, and the depth map in place of the image. They stay as they are from position to position. */
export class StackMaps extends HTMLElement {
  #mask = button({ label: "Mask", icon: "mask", onclick: () => this.#turn({ mask: !this.#on.mask }) });
  #depth = button({ label: "Depth map", icon: "depth", onclick: () => this.#turn({ depth: !this.#on.depth }) });
  #sure = h("span", { class: "hint" });
  #scale = h("span", { class: "hint" }, "Bright is near; black, nothing was sharp.");
  #map = h("img", { class: "depth", alt: "", draggable: "false" });
  #dim = h("img", { class: "dim", alt: "", draggable: "false" });
  #veil = h("img", { class: "veil", alt: "", draggable: "false" });
  #on = { mask: false, depth: false };
  #has = { mask: false, depth: false };
  #place = { scan_id: "", n: 0 };

  /** To be laid over the stacked image, in this order. */
  layers = [this.#map, this.#dim, this.#veil];

  /** @param {(words: string) => void} [named]  hears what is shown whenever that changes */
  constructor(named = () => {}) {
    super();
    this.named = named;
  }

  connectedCallback() {
    this.classList.add("row");
    this.replaceChildren(this.#mask, this.#sure, this.#depth, this.#scale);
  }

  /** @param {string} scan @param {PositionReport|null} report  null while it is not known */
  update(scan, report) {
    this.#has = { mask: report?.mask ?? false, depth: report?.depth ?? false };
    this.#place = { scan_id: scan, n: report?.index ?? 0 };
    setText(this.#sure, report ? `${percent(report.quality.certainty)} sure` : "");
    this.#draw();
  }

  /** @param {Partial<{mask: boolean, depth: boolean}>} turned */
  #turn(turned) {
    this.#on = { ...this.#on, ...turned };
    this.#draw();
  }

  #draw() {
    show(this, this.#has.mask || this.#has.depth);
    show(this.#mask, this.#has.mask);
    show(this.#sure, this.#has.mask);
    show(this.#depth, this.#has.depth);
    setAttribute(this.#mask, "aria-pressed", String(this.#on.mask));
    setAttribute(this.#depth, "aria-pressed", String(this.#on.depth));
    const [mask, depth] = [this.#on.mask && this.#has.mask, this.#on.depth && this.#has.depth];
    for (const layer of [this.#dim, this.#veil]) this.#lay(layer, "mask", mask);
    this.#lay(this.#map, "depth", depth);
    show(this.#scale, depth);
    setAttribute(this.#dim, "alt", mask ? `Mask of position ${this.#place.n}` : "");
    setAttribute(this.#map, "alt", depth ? `Depth map of position ${this.#place.n}` : "");
    this.named(depth ? "Depth map" : mask ? "Stacked, masked" : "Stacked");
  }

  /** A picture is loaded when it is first looked at. @param {HTMLImageElement} layer @param {"mask"|"depth"} kind @param {boolean} shown */
  #lay(layer, kind, shown) {
    show(layer, shown);
    if (shown) setAttribute(layer, "src", address(kind, this.#place));
  }
}

customElements.define("stack-maps", StackMaps);
