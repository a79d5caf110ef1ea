// @ts-check
import { sentence } from "../check.js";
import { emit, h, setText, show } from "../dom.js";
import { button } from "../fields.js";
import { plural } from "../format.js";
import { icon } from "../icons.js";
/** @typedef {import("../types.js").SweepProposal} Sweep */
/** @typedef {import("../types.js").Unit} Unit */

/** How much finer slices must lie to be worth a word. */
const FINER = 0.97;

/** The sweep that would have covered the object, and one button that sets it for the next scan. */
export class SweepProposal extends HTMLElement {
  #words = h("strong");
  #why = h("span");
  #said = h("p", { class: "hint", role: "status" });
  #use = button({ label: "Use this sweep", onclick: () => this.#take() });
  /** @type {Sweep|null} */
  #sweep = null;

  /** @param {string} [whom]  for what it is good */
  constructor(whom = "") {
    super();
    this.whom = whom;
  }

  connectedCallback() {
    this.classList.add("notice", "warn");
    this.replaceChildren(icon("sweep"), h("div", {}, this.#words, " ", this.#why, this.#said), this.#use);
  }

  /** @param {Sweep|null} proposal  null: nothing to propose @param {Sweep|null} used  what was swept @param {Unit} unit */
  update(proposal, used, unit) {
    const sweep = proposal && { near: rounded(proposal.near), far: rounded(proposal.far), count: proposal.count };
    show(this, sweep !== null && unit !== "");
    if (JSON.stringify(sweep) !== JSON.stringify(this.#sweep)) setText(this.#said, "");
    this.#sweep = sweep;
    if (!sweep) return;
    setText(this.#words, `Use near ${at(sweep.near, unit)}, far ${at(sweep.far, unit)}, ${plural(sweep.count, "slice")}.`);
    setText(this.#why, sentence([this.whom, used && gain(sweep, used, unit)].filter(Boolean).join(": ")));
  }

  #take() {
    setText(this.#said, "Set for the next scan.");
    emit(this, "use-sweep", { ...this.#sweep });
  }
}

/** What the proposal does that the sweep did not. @param {Sweep} sweep @param {Sweep} used @param {Unit} unit */
function gain(sweep, used, unit) {
  const ends = [ending(sweep.near - used.near, "near", unit), ending(used.far - sweep.far, "far", unit)];
  const [now, before] = [step(sweep), step(used)];
  const finer = now < FINER * before ? `slices ${at(now, unit)} apart instead of ${at(before, unit)}` : "";
  return [...ends, finer].filter(Boolean).join(", ") || `${plural(sweep.count, "slice")} instead of ${used.count}`;
}

/** @param {number} beyond  by how much it reaches further @param {"near"|"far"} end @param {Unit} unit */
function ending(beyond, end, unit) {
  const by = at(Math.abs(beyond), unit);
  if (Math.abs(beyond) < 0.01) return "";
  return beyond > 0 ? `${by} ${end === "near" ? "nearer" : "farther"}` : `${by} less ${end}`;
}

/** @param {Sweep} sweep */
function step({ near, far, count }) {
  return (near - far) / Math.max(1, count - 1);
}

/** @param {number} position @param {Unit} unit */
function at(position, unit) {
  return `${rounded(position)} ${unit}`;
}

/** @param {number} position */
function rounded(position) {
  return Number(position.toFixed(2));
}

customElements.define("sweep-proposal", SweepProposal);
