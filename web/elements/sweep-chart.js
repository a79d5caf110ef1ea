// @ts-check
import { h, setText, show } from "../dom.js";
import { place } from "../focus.js";
import { percent } from "../format.js";
/** @typedef {import("../types.js").PositionReport} PositionReport */
/** @typedef {import("../types.js").SliceReport} SliceReport */
/** @typedef {import("../types.js").LeftOut} LeftOut */
/** @typedef {import("../types.js").Unit} Unit */
/** @typedef {{name: string, share: number, kind: "" | "idle" | "left-out" | "beyond", words: string}} Bar */

const LEAST_TOP = 0.05;
const MOST_NUMBERS = 12;

/** @type {Readonly<Record<LeftOut, string>>} */
const WHY = Object.freeze({
  blurred: "nothing in it is sharp",
  dark: "it has no light",
  saturated: "it is white all over",
  unaligned: "it does not fit the reference slice",
});

/** Where over the sweep the object is: for each slice the share of the object that is sharpest in it. */
export class SweepChart extends HTMLElement {
  #plot = h("div", { class: "plot", role: "img" });
  #near = h("span");
  #far = h("span");
  #legend = h("ul", { class: "legend" });
  #drawn = "";

  connectedCallback() {
    this.replaceChildren(h("figure", {},
      h("figcaption", { class: "label" }, "Share of the object that is sharpest in each slice, in %"),
      this.#plot, h("div", { class: "row spread hint" }, this.#near, this.#far), this.#legend));
  }

  /** @param {PositionReport} report @param {number|null} reference @param {Unit} unit */
  update(report, reference, unit) {
    const key = JSON.stringify([report.index, report.slices, report.quality, reference, unit]);
    if (key === this.#drawn) return;
    this.#drawn = key;
    const slices = report.slices.toSorted((one, other) => one.index - other.index);
    const bars = barsOf(slices, report.quality, unit);
    this.#plot.setAttribute("aria-label", `From near to far: ${bars.map(({ words }) => words).join("; ")}.`);
    const top = Math.max(LEAST_TOP, ...bars.map(({ share }) => share));
    const every = Math.ceil(bars.length / MOST_NUMBERS);
    this.#plot.replaceChildren(...bars.map((bar, i) => column(bar, top, i % every === 0, bars.length <= MOST_NUMBERS)));
    setText(this.#near, named("near", slices[0], unit));
    setText(this.#far, named("far", slices.at(-1), unit));
    const lines = legend(slices, bars, reference);
    this.#legend.replaceChildren(...lines.map((line) => h("li", {}, line)));
    show(this.#legend, lines.length > 0);
  }
}

/** @param {SliceReport[]} slices @param {import("../types.js").StackQuality} quality @param {Unit} unit @returns {Bar[]} */
function barsOf(slices, { beyond_near, beyond_far, idle }, unit) {
  const shares = within(slices, shown(beyond_near), shown(beyond_far));
  const bars = slices.map((slice, i) => barOf({ ...slice, share: shares[i] }, idle.includes(slice.index), unit));
  return [...beyond("nearer", beyond_near), ...bars, ...beyond("farther", beyond_far)];
}

/** @param {SliceReport} slice @param {boolean} idle @param {Unit} unit @returns {Bar} */
function barOf(slice, idle, unit) {
  const { index, share, left_out } = slice;
  const name = named(`slice ${index}`, slice, unit);
  if (left_out) return { name: String(index), share: 0, kind: "left-out", words: `${name}: left out, ${WHY[left_out]}` };
  return { name: String(index), share, kind: idle ? "idle" : "", words: `${name}: ${idle ? "nowhere the sharpest" : percent(share)}` };
}

/**
 * The shares without what lies beyond the ends, which is the sharpest in the outermost slices: all bars make 100 %.
 * @param {SliceReport[]} slices @param {number} near @param {number} far
 */
function within(slices, near, far) {
  const shares = slices.map(({ share }) => share);
  if (near + far === 0) return shares;
  const first = slices.findIndex(({ left_out }) => left_out === null);
  const last = slices.findLastIndex(({ left_out }) => left_out === null);
  const rest = shares.map((share, i) => Math.max(0, share - (i === first ? near : 0) - (i === last ? far : 0)));
  const sum = rest.reduce((one, other) => one + other, 0);
  return rest.map((share) => (sum > 0 ? (share * Math.max(0, 1 - near - far)) / sum : 0));
}

/** What lies outside the sweep, where it is enough to be shown. @param {number} share */
function shown(share) {
  return share < 0.005 ? 0 : share;
}

/** What lies outside the sweep, as a bar beyond its end. @param {"nearer"|"farther"} where @param {number} share @returns {Bar[]} */
function beyond(where, share) {
  return shown(share) === 0 ? [] : [{ name: where === "nearer" ? "«" : "»", share, kind: "beyond", words: `${where} than the sweep reaches: about ${percent(share)}` }];
}

/** @param {Bar} bar @param {number} top  share at full height @param {boolean} labelled @param {boolean} numbered */
function column({ name, share, kind, words }, top, labelled, numbered) {
  const fill = h("span", { class: "fill" });
  fill.style.setProperty("--height", String(share / top));
  return h("div", { class: `bar ${kind}`.trim(), title: words },
    h("span", { class: "number" }, kind === "left-out" ? "×" : numbered && share >= 0.005 ? Math.round(100 * share) : ""),
    fill, h("span", { class: "name" }, labelled || kind === "left-out" || kind === "beyond" ? name : ""));
}

/** What the marks mean, as far as there are such. @param {SliceReport[]} slices @param {Bar[]} bars @param {number|null} reference */
function legend(slices, bars, reference) {
  const out = slices.filter(({ left_out }) => left_out !== null);
  const lines = out.map(({ index, left_out }) => `× Slice ${index} is left out: ${WHY[/** @type {LeftOut} */ (left_out)]}.`);
  const idle = bars.filter(({ kind }) => kind === "idle").map(({ name }) => name);
  if (idle.length > 0) lines.push(`Dotted: nowhere the sharpest (${idle.length > 1 ? "slices" : "slice"} ${idle.join(", ")}).`);
  if (bars.some(({ kind }) => kind === "beyond")) lines.push("Hatched: estimated, beyond the end of the sweep.");
  if (reference !== null) lines.push(`Slice ${reference} is the reference slice.`);
  return lines;
}

/** With where the focus was, else where it was asked to be, as far as known. @param {string} name @param {SliceReport|undefined} slice @param {Unit} unit */
function named(name, slice, unit) {
  const at = slice?.focus ?? slice?.focus_asked ?? null;
  return at === null || unit === "" ? name : `${name}, ${place(at, unit)}`;
}

customElements.define("sweep-chart", SweepChart);
