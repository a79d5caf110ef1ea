// @ts-check
import { h, setText, show } from "../dom.js";
import { sweepWords, unitOf } from "../focus.js";
import { duration, plural, shutter, standing } from "../format.js";
import { findScan } from "../state.js";
import { ScanButtons } from "./scan-buttons.js";
/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").ScanStatus} ScanStatus */

/** The scan that runs, or that was watched to its end: progress and time left. */
export class ScanProgress extends HTMLElement {
  #title = h("h2");
  #badge = h("span", { class: "badge" });
  #bar = h("progress", { "aria-label": "Progress of the scan" });
  #where = h("p", { class: "where" });
  #left = h("p", { class: "left" });
  #activity = h("p", { class: "hint activity" });
  #spoken = h("p", { class: "visually-hidden", "aria-live": "polite" });
  #problem = h("div", { class: "notice bad", role: "alert" }, h("div", {}, h("strong"), " ", h("span")));
  #buttons = new ScanButtons();
  #facts = h("p", { class: "hint" });

  connectedCallback() {
    this.replaceChildren(
      h("section", { class: "card" },
        h("div", { class: "row spread wrap" }, this.#title, this.#badge),
        this.#bar, h("div", { class: "row spread wrap" }, this.#where, this.#left),
        this.#activity, this.#problem, this.#buttons, this.#facts, this.#spoken));
  }

  /** @param {State} state */
  update(state) {
    const scan = state.watched === null ? null : findScan(state, state.watched);
    if (!scan) return;
    setText(this.#title, scan.name);
    setText(this.#badge, standing(scan));
    this.#badge.dataset.state = scan.reason ?? scan.state;
    this.#bar.max = scan.slices_total ?? scan.positions_total;
    this.#bar.value = scan.slices_total ? scan.slices_done : scan.positions_done;
    setText(this.#where, where(scan));
    setText(this.#left, timeLeft(scan));
    setText(this.#activity, scan.activity);
    show(this.#activity, scan.state === "running");
    setText(this.#spoken, `${standing(scan)}. ${scan.positions_done} of ${plural(scan.positions_total, "position")} done.`);
    this.#complain(scan);
    setText(this.#facts, facts(scan, unitOf(state)));
    this.#buttons.update(scan, state, "first");
  }

  /** @param {ScanStatus} scan */
  #complain({ problem }) {
    show(this.#problem, problem !== null);
    setText(/** @type {Node} */ (this.#problem.querySelector("strong")), problem?.message ?? "");
    setText(/** @type {Node} */ (this.#problem.querySelector("span")), problem?.hint ?? "");
  }
}

/** @param {ScanStatus} scan */
function where(scan) {
  const slices = scan.slices_total === null ? "" : `, ${scan.slices_done} of ${scan.slices_total} slices`;
  return `${scan.positions_done} of ${plural(scan.positions_total, "position")}${slices}`;
}

/** @param {ScanStatus} scan */
function timeLeft(scan) {
  if (scan.state === "finished") return `took ${duration(scan.elapsed_s)}`;
  if (scan.state === "paused") return "paused";
  return scan.eta_s === null ? "time left: known after the first position" : `about ${duration(scan.eta_s)} left`;
}

/** @param {ScanStatus} scan @param {import("../types.js").Unit} unit */
function facts({ sweep, exposure }, unit) {
  const parts = [];
  if (sweep) parts.push(sweepWords(sweep, unit));
  if (exposure) parts.push(`${shutter(exposure.time_us)} at gain ${exposure.gain.toFixed(1)}`);
  return parts.join(" · ");
}

customElements.define("scan-progress", ScanProgress);
