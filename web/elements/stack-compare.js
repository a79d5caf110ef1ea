// @ts-check
import { address } from "../api.js";
import { h, setText, setValue, show } from "../dom.js";
import { button, freshId } from "../fields.js";
import { place as placeOf } from "../focus.js";
import { Zoom } from "../zoom.js";
import { StackMaps } from "./stack-maps.js";
import { SwipeHandle } from "./swipe-handle.js";
/** @typedef {import("../types.js").ScanStatus} ScanStatus */

/** One stacked image, large, with any of its slices on the other side of a divider that can be moved. */
export class StackCompare extends HTMLElement {
  #stack = h("img", { alt: "", draggable: "false", onload: () => this.#sized() });
  #slice = h("img", { alt: "", draggable: "false" });
  #half = h("div", { class: "half" }, this.#slice);
  #handle = new SwipeHandle();
  #right = h("span", { class: "side right" });
  #maps = new StackMaps((words) => setText(this.#right, words));
  #view = h("div", { class: "view", tabindex: 0, role: "group", "aria-label": "Picture. Arrow keys move it, plus and minus zoom, 1 is full size, 0 shows all." },
    this.#stack, ...this.#maps.layers, this.#half, h("span", { class: "side left" }, "Slice"), this.#right, this.#handle);
  #id = freshId();
  #slider = h("input", { id: this.#id, type: "range", min: 0, step: 1, oninput: () => this.#choose(this.#slider.valueAsNumber) });
  #which = h("output", { for: this.#id });
  #fit = button({ label: "Fit", onclick: () => this.#zoom.fit() });
  #full = button({ label: "1:1", onclick: () => this.#zoom.oneToOne() });
  #ratio = h("output", { class: "ratio" });
  #previous = h("a", { class: "button bare", "aria-label": "Previous position" }, "‹");
  #next = h("a", { class: "button bare", "aria-label": "Next position" }, "›");
  #title = h("h2", { "aria-live": "polite" });
  #zoom = new Zoom(this.#view, () => this.#zoomed());
  /** @type {ScanStatus|null} */
  #scan = null;
  /** @type {number|null} */
  #position = null;
  #index = 0;
  /** @type {import("../types.js").Unit} */
  #unit = "D";

  connectedCallback() {
    this.replaceChildren(
      h("div", { class: "row spread wrap" },
        h("div", { class: "row" }, this.#previous, this.#title, this.#next),
        h("div", { class: "row" }, this.#ratio,
          button({ label: "Zoom out", icon: "minus", text: false, onclick: () => this.#zoom.by(1 / 1.5) }), this.#fit, this.#full,
          button({ label: "Zoom in", icon: "plus", text: false, onclick: () => this.#zoom.by(1.5) }))),
      this.#view,
      h("div", { class: "row chooser" }, h("label", { for: this.#id }, "Compare with slice"), this.#slider, this.#which),
      this.#maps);
    this.addEventListener("move-divider", (event) =>
      this.#view.style.setProperty("--split", `${/** @type {CustomEvent} */ (event).detail.share * 100}%`));
  }

  /** @param {ScanStatus} scan @param {number|null} position @param {import("../types.js").PositionReport|null} report @param {import("../types.js").Unit} unit */
  update(scan, position, report, unit) {
    const there = position !== null && scan.stacked_positions.includes(position);
    show(this, there);
    if (!there) return;
    const other = scan.id !== this.#scan?.id;
    const moved = other || position !== this.#position || unit !== this.#unit;
    this.#unit = unit;
    this.#scan = scan;
    this.#position = position;
    if (moved) this.#load(scan, position, other);
    this.#neighbours(scan, position);
    this.#maps.update(scan.id, report);
  }

  /** @param {ScanStatus} scan @param {number} position @param {boolean} fresh  whether another scan was shown before */
  #load(scan, position, fresh) {
    if (fresh) this.#index = scan.sweep?.reference ?? 0;
    this.#slider.max = String((scan.sweep?.count ?? 1) - 1);
    setText(this.#title, `Position ${position}`);
    this.#stack.src = address("stack", { scan_id: scan.id, n: position });
    this.#stack.alt = `Stacked image of position ${position}`;
    this.#choose(this.#index);
  }

  /** @param {number} index */
  #choose(index) {
    const { id, sweep } = /** @type {ScanStatus} */ (this.#scan);
    this.#index = index;
    setValue(this.#slider, index);
    this.#slice.src = address("slice", { scan_id: id, n: this.#position ?? 0, k: index });
    this.#slice.alt = `Slice ${index} of position ${this.#position}`;
    const words = slice(index, sweep, this.#unit);
    setText(this.#which, words);
    this.#slider.setAttribute("aria-valuetext", words);
  }

  /** @param {ScanStatus} scan @param {number} position */
  #neighbours({ id, stacked_positions: all }, position) {
    const place = all.indexOf(position);
    for (const [link, n] of /** @type {const} */ ([[this.#previous, all[place - 1]], [this.#next, all[place + 1]]])) {
      link.classList.toggle("off", n === undefined);
      if (n === undefined) link.removeAttribute("href");
      else link.href = `#/scans/${encodeURIComponent(id)}/positions/${n}`;
    }
  }

  #sized() {
    const { naturalWidth: width, naturalHeight: height } = this.#stack;
    this.#view.style.setProperty("--width", `${width}px`);
    this.#view.style.setProperty("--height", `${height}px`);
    this.#view.style.setProperty("--aspect", `${width} / ${height}`);
    this.#zoom.size(width, height);
  }

  #zoomed() {
    setText(this.#ratio, `${Math.round(this.#zoom.ratio * 100)} %`);
    this.#view.classList.toggle("fitted", this.#zoom.fitted);
    this.#fit.setAttribute("aria-pressed", String(this.#zoom.fitted));
    this.#view.classList.toggle("coarse", this.#zoom.ratio > 1.5);
  }
}

/** @param {number} index @param {import("../types.js").SweepFacts|null} sweep @param {import("../types.js").Unit} unit */
function slice(index, sweep, unit) {
  if (!sweep) return String(index);
  const position = sweep.near + (index * (sweep.far - sweep.near)) / Math.max(1, sweep.count - 1);
  const kind = index === sweep.reference ? "reference slice" : "";
  return [`slice ${index} (0 to ${sweep.count - 1})`, placeOf(position, unit), kind].filter(Boolean).join(" · ");
}

customElements.define("stack-compare", StackCompare);
