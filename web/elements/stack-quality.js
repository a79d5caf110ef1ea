// @ts-check
import { h, keyed, setText, show } from "../dom.js";
import { hintOf } from "../findings.js";
import { angle, duration, percent, pixels } from "../format.js";
import { icon } from "../icons.js";
import { SweepChart } from "./sweep-chart.js";
import { SweepProposal } from "./sweep-proposal.js";
/** @typedef {import("../types.js").Problem} Problem */
/** @typedef {import("../types.js").PositionReport} PositionReport */
/** @typedef {import("../types.js").StackQuality} Quality */

/** `told`: whether there is something to tell. @type {readonly {name: string, value: (quality: Quality) => string, about: string, told?: (quality: Quality) => boolean}[]} */
const FIGURES = Object.freeze([
  { name: "Misplacement", value: ({ residual_px }) => pixels(residual_px), about: "The most that parts of a slice still lie beside the reference slice, after aligning." },
  { name: "Shake", value: ({ motion_px }) => pixels(motion_px), about: "The farthest that a slice lay from where breathing puts it. It was taken out." },
  { name: "Breathing", told: (quality) => quality.disagreement_px > 0, value: ({ disagreement_px }) => pixels(disagreement_px), about: "By how much the lens breathed otherwise than calibrated, at the rim of the picture." },
  { name: "Flicker", value: ({ flicker }) => percent(flicker, 1), about: "How much brightness varies from slice to slice. It was evened out." },
  { name: "Certainty", value: ({ certainty }) => percent(certainty), about: "How sure it is that the mask holds all of the object, and nothing else." },
]);

/** What the numbers of one stack say: complaints first, then the sweep, then the figures. */
export class StackQuality extends HTMLElement {
  #where = h("p", { class: "hint" });
  #findings = h("ul", { class: "findings", "aria-label": "Findings" });
  #proposal = new SweepProposal("For this position");
  #well = h("p", { class: "notice well" }, icon("check"), "Nothing to complain of.");
  #chart = new SweepChart();
  #values = FIGURES.map(() => h("span", { class: "value" }));
  #rows = FIGURES.map(({ name, about }, i) =>
    h("div", {}, h("dt", {}, name), h("dd", {}, this.#values[i], h("span", { class: "hint" }, about))));
  #known = h("div", { class: "known" }, h("div", {}, this.#findings, this.#proposal, this.#well, this.#chart),
    h("dl", { class: "figures" }, ...this.#rows));
  #waiting = h("p", { class: "hint" }, "Reading…");

  connectedCallback() {
    this.classList.add("card");
    this.replaceChildren(h("div", {}, h("h2", {}, "Quality of this stack"), this.#where), this.#waiting, this.#known);
  }

  /** @param {PositionReport|null} report  null while it is not known @param {import("../types.js").SweepFacts|null} sweep  what was swept @param {import("../types.js").Unit} unit */
  update(report, sweep, unit) {
    show(this.#waiting, report === null);
    show(this.#known, report !== null);
    show(this.#where, report !== null);
    if (!report) return;
    const { findings, quality } = report;
    setText(this.#where, where(report));
    show(this.#findings, findings.length > 0);
    show(this.#well, findings.length === 0);
    const proposed = quality.proposal !== null;
    keyed(this.#findings, findings, ({ code, message }) => `${code} ${message} ${proposed}`, (finding) => complaint(finding, proposed));
    show(this.#chart, report.slices.length > 1);
    this.#proposal.update(quality.proposal, sweep, unit);
    this.#chart.update(report, sweep?.reference ?? null, unit);
    FIGURES.forEach(({ value, told }, i) => {
      setText(this.#values[i], value(quality));
      show(this.#rows[i], told === undefined || told(quality));
    });
  }
}

/** @param {PositionReport} report */
function where({ index, turntable, tilt, took_s, settle_s, still }) {
  const parts = [`Position ${index}`, `turntable ${angle(turntable)}`, `tilt ${angle(tilt)}`, `took ${duration(took_s)}`];
  if (settle_s !== null) parts.push(`${still ? "stood still" : "still moved"} after ${settle_s.toFixed(1)} s`);
  return parts.join(" · ");
}

/** @param {Problem} finding @param {boolean} proposed  whether a better sweep is proposed beside it */
function complaint(finding, proposed) {
  return h("li", { class: "notice warn" }, icon("warning"),
    h("div", {}, h("strong", {}, finding.message), " ", h("span", {}, hintOf(finding, proposed))));
}

customElements.define("stack-quality", StackQuality);
