// @ts-check
import { address } from "../api.js";
import { h, setText, show } from "../dom.js";
import { sweepWords, unitOf } from "../focus.js";
import { duration, plural, shutter, standing, when } from "../format.js";
import { findScan, reportsOf } from "../state.js";
import { ScanButtons } from "./scan-buttons.js";
import { ScanDownload } from "./scan-download.js";
import { StackCompare } from "./stack-compare.js";
import { StackGrid } from "./stack-grid.js";
import { StackQuality } from "./stack-quality.js";
import { SweepProposal } from "./sweep-proposal.js";
/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").ScanStatus} ScanStatus */
/** @typedef {import("../types.js").Unit} Unit */

const GEOMETRY = Object.freeze({
  calibrated: "One geometry for all positions (calibrated).",
  each: "Each position aligned on its own, without a calibration of breathing.",
});

/** One scan: its stacked images, one of them large against its slices. */
export class ScanDetail extends HTMLElement {
  #title = h("h1");
  #badge = h("span", { class: "badge" });
  #facts = h("p", { class: "hint facts" });
  #aligned = h("p", { class: "hint geometry" });
  #problem = h("p", { class: "field-error" });
  #buttons = new ScanButtons();
  #record = h("a", { target: "_blank" }, "Everything recorded, as JSON");
  #proposal = new SweepProposal("For the whole scan");
  #download = new ScanDownload();
  #compare = new StackCompare();
  #quality = new StackQuality();
  #grid = new StackGrid();
  #body = h("div", { class: "body" },
    h("div", { class: "row spread wrap" }, this.#title, this.#badge),
    h("div", { class: "row spread wrap about" }, h("div", {}, this.#facts, this.#aligned), this.#buttons),
    this.#problem, this.#proposal, this.#download, this.#compare, this.#quality,
    h("section", { class: "card" }, h("h2", {}, "Stacked images"), this.#grid), h("p", { class: "hint" }, this.#record));
  #missing = h("p", { class: "hint" });

  connectedCallback() {
    this.replaceChildren(h("p", { class: "crumb" }, h("a", { href: "#/scans" }, "All scans")), this.#missing, this.#body);
  }

  /** @param {State} state */
  update(state) {
    const scan = findScan(state, state.route.id);
    show(this.#body, scan !== null);
    show(this.#missing, scan === null);
    setText(this.#missing, state.scans === null ? "Reading the list…" : "There is no such scan on this scanner.");
    if (!scan) return;
    setText(this.#title, scan.name);
    setText(this.#badge, standing(scan));
    this.#badge.dataset.state = scan.reason ?? scan.state;
    setText(this.#facts, facts(scan, unitOf(state)));
    this.#geometry(scan);
    setText(this.#problem, scan.problem ? `${scan.problem.message} ${scan.problem.hint ?? ""}` : "");
    show(this.#problem, scan.problem !== null);
    this.#buttons.update(scan, state, "own");
    this.#record.href = address("manifest", { scan_id: scan.id });
    const reports = reportsOf(state, scan.id);
    this.#proposal.update(scan.proposal, scan.sweep, unitOf(state));
    this.#download.update(scan, reports, state);
    this.#stacks(scan, state.route.position ?? scan.stacked_positions[0] ?? null, reports, unitOf(state));
  }

  /** One slice has nothing to be aligned with. @param {ScanStatus} scan */
  #geometry({ geometry, sweep, uncalibrated }) {
    show(this.#aligned, geometry !== null && sweep !== null && sweep.count > 1);
    const why = uncalibrated === null ? "" : ` ${uncalibrated.message} ${uncalibrated.hint}`;
    setText(this.#aligned, geometry === null ? "" : GEOMETRY[geometry] + why);
  }

  /** @param {ScanStatus} scan @param {number|null} position @param {import("../types.js").PositionReport[]|null} reports @param {Unit} unit */
  #stacks(scan, position, reports, unit) {
    const report = reports?.find(({ index }) => index === position) ?? null;
    this.#compare.update(scan, position, report, unit);
    show(this.#quality, position !== null);
    this.#quality.update(report, scan.sweep, unit);
    this.#grid.update(scan, reports, position);
  }
}

/** @param {ScanStatus} scan @param {Unit} unit */
function facts(scan, unit) {
  const parts = [when(scan.created_at), `${scan.stacked} of ${plural(scan.positions_total, "image")}`];
  if (scan.sweep) parts.push(sweepWords(scan.sweep, unit));
  if (scan.exposure) parts.push(`${shutter(scan.exposure.time_us)}, gain ${scan.exposure.gain.toFixed(1)}`);
  if (scan.elapsed_s) parts.push(`took ${duration(scan.elapsed_s)}`);
  return parts.join(" · ");
}

customElements.define("scan-detail", ScanDetail);
