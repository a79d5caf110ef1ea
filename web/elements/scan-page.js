// @ts-check
import { h, show } from "../dom.js";
import { findScan } from "../state.js";
import { LensSlider } from "./lens-slider.js";
import { RigControls } from "./rig-controls.js";
import { RigPreview } from "./rig-preview.js";
import { ScanProgress } from "./scan-progress.js";
import { ScanSetup } from "./scan-setup.js";
/** @typedef {import("../types.js").State} State */

/** The first page: what the camera sees beside the set-up of a scan, or beside the progress of the one that runs. */
export class ScanPage extends HTMLElement {
  #preview = new RigPreview();
  #lens = new LensSlider();
  #rig = new RigControls();
  #setup = new ScanSetup();
  #progress = new ScanProgress();

  connectedCallback() {
    this.replaceChildren(
      h("h1", { class: "visually-hidden" }, "Scan"),
      h("section", { class: "look", "aria-label": "Look" }, this.#preview, this.#lens, this.#rig),
      h("div", { class: "steps" }, this.#setup, this.#progress));
  }

  /** The page is not shown: take no pictures for it. */
  rest() {
    this.#preview.rest();
  }

  /** @param {State} state */
  update(state) {
    const scan = state.watched === null ? null : findScan(state, state.watched);
    this.#preview.update(state);
    show(this.#lens, scan === null);
    show(this.#rig, scan === null);
    show(this.#setup, scan === null);
    show(this.#progress, scan !== null);
    for (const element of scan === null ? [this.#lens, this.#rig, this.#setup] : [this.#progress]) element.update(state);
  }
}

customElements.define("scan-page", ScanPage);
