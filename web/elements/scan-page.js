// @ts-check
import { emit, h, setText, show } from "../dom.js";
import { button } from "../fields.js";
import { unitOf } from "../focus.js";
import { plural } from "../format.js";
import { icon } from "../icons.js";
import { findScan, interrupted, reportsOf } from "../state.js";
import { BreathingCard } from "./breathing-card.js";
import { FocusCard } from "./focus-card.js";
import { FocusSlider } from "./focus-slider.js";
import { RigControls } from "./rig-controls.js";
import { RigPreview } from "./rig-preview.js";
import { ScanProgress } from "./scan-progress.js";
import { ScanSetup } from "./scan-setup.js";
import { StackGrid } from "./stack-grid.js";
import { SweepProposal } from "./sweep-proposal.js";
/** @typedef {import("../types.js").State} State */

/** The first page: what the camera sees beside the set-up of a scan, or beside the progress of the one that runs. */
export class ScanPage extends HTMLElement {
  #preview = new RigPreview();
  #focus = new FocusSlider();
  #rig = new RigControls();
  #breathing = new BreathingCard();
  #scale = new FocusCard();
  #setup = new ScanSetup();
  #progress = new ScanProgress();
  #grid = new StackGrid();
  #proposal = new SweepProposal("For the whole scan");
  #stacks = h("section", { class: "card" }, h("h2", {}, "Stacked images"), this.#proposal, this.#grid);
  #words = h("strong");
  #resume = button({ label: "Resume", icon: "play", kind: "primary", onclick: () => emit(this, "resume-scan", { id: this.#waiting?.id }) });
  #notice = h("div", { class: "notice warn", role: "status" }, icon("info"),
    h("div", {}, this.#words, " It can be resumed where it stopped."), this.#resume);
  /** @type {import("../types.js").ScanStatus|null} */
  #waiting = null;

  connectedCallback() {
    this.replaceChildren(
      h("h1", { class: "visually-hidden" }, "Scan"),
      this.#notice,
      h("div", { class: "bench" },
        h("section", { class: "look", "aria-label": "Look" }, this.#preview, this.#focus, this.#rig, this.#breathing, this.#scale),
        h("div", { class: "steps" }, this.#setup, this.#progress), this.#stacks));
  }

  /** The page is not shown: take no pictures for it. */
  rest() {
    this.#preview.rest();
  }

  /** @param {State} state */
  update(state) {
    const scan = state.watched === null ? null : findScan(state, state.watched);
    this.#preview.update(state);
    const free = [this.#focus, this.#rig, this.#breathing, this.#scale, this.#setup];
    const hand = waitsForHand(scan);
    for (const element of free) show(element, scan === null || (hand && element === this.#rig));
    if (hand) this.#rig.update(state);
    show(this.#progress, scan !== null);
    show(this.#stacks, scan !== null);
    if (scan) this.#result(scan, state);
    for (const element of scan === null ? free : [this.#progress]) element.update(state);
    this.#offer(state, scan === null);
  }

  /** @param {import("../types.js").ScanStatus} scan @param {State} state */
  #result(scan, state) {
    this.#proposal.update(scan.proposal, scan.sweep, unitOf(state));
    this.#grid.update(scan, reportsOf(state, scan.id));
  }

  /** @param {State} state @param {boolean} free  whether the page shows no scan */
  #offer(state, free) {
    this.#waiting = free ? interrupted(state) : null;
    show(this.#notice, this.#waiting !== null);
    if (!this.#waiting) return;
    const { name, positions_done, positions_total } = this.#waiting;
    setText(this.#words, `“${name}” was interrupted with ${positions_done} of ${plural(positions_total, "position")} done.`);
    this.#resume.disabled = state.link !== "live" || state.busy.has("steer");
  }
}

/** A scan that the rig interrupted may wait for an axis to be brought to its zero. @param {import("../types.js").ScanStatus|null} scan */
function waitsForHand(scan) {
  return scan?.state === "paused" && scan.problem !== null;
}

customElements.define("scan-page", ScanPage);
