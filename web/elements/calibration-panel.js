// @ts-check
import { emit, h, setText, show } from "../dom.js";
import { button } from "../fields.js";
/** @typedef {import("../types.js").RigStatus} RigStatus */
/**
 * `name` is what a calibration calls itself in the activity of the rig; `field` stands above the buttons.
 * @typedef {{title: string, name: string, about: string, how: string, begin: HTMLButtonElement, forget: HTMLButtonElement, field?: HTMLElement}} Parts
 */

/** What the cards of all calibrations have in common: what is known, what goes on, and the buttons. */
export class CalibrationPanel extends HTMLElement {
  #where = h("span", { class: "where" });
  #known = h("p", { class: "standing" });
  #doing = h("p", { class: "activity", role: "status" });
  #problem = h("p", { class: "field-error" });
  #cancel = button({ label: "Cancel", icon: "stop", onclick: () => emit(this, "cancel-calibration") });
  /** whether the calibration that ran last was this one, so that a problem of the rig is its */
  #ours = false;
  #lost = false;

  /** @param {Parts} parts */
  constructor({ title, name, about, how, begin, forget, field }) {
    super();
    this.name = name;
    this.begin = begin;
    this.forget = forget;
    this.ready = h("div", { class: "ready" }, h("p", { class: "hint" }, how), field);
    this.all = h("details", {},
      h("summary", {}, h("h2", {}, title), this.#where),
      this.#known, h("p", { class: "hint" }, about), this.ready, this.#doing, this.#problem,
      h("div", { class: "buttons" }, begin, this.#cancel, forget));
  }

  connectedCallback() {
    this.replaceChildren(this.all);
  }

  /**
   * `standing` in a word and `words` in sentences: what is known; `forgettable`: whether there is something to forget.
   * @param {RigStatus} rig @param {{standing: string, words: string, forgettable: boolean, stuck: boolean}} now
   */
  update({ activity, problem }, { standing, words, forgettable, stuck }) {
    const working = activity.startsWith(`calibrating ${this.name}`);
    if (activity) this.#ours = working;
    if (working) this.all.open = true;
    setText(this.#where, working ? "in progress" : standing);
    setText(this.#known, words);
    setText(this.#doing, working ? activity : "");
    show(this.#doing, working);
    show(this.ready, !working);
    this.#complain(this.#ours && !working ? problem : null);
    this.#offer(working, forgettable, stuck, stuck || (activity !== "" && !working));
  }

  /** @param {import("../types.js").Problem|null} problem */
  #complain(problem) {
    setText(this.#problem, problem ? `${problem.message} ${problem.hint ?? ""}` : "");
    show(this.#problem, problem !== null);
  }

  /** @param {boolean} working @param {boolean} forgettable @param {boolean} stuck @param {boolean} held  by something else */
  #offer(working, forgettable, stuck, held) {
    const buttons = [this.begin, this.#cancel, this.forget];
    const focused = buttons.find((each) => each === document.activeElement);
    show(this.begin, !working);
    show(this.#cancel, working);
    show(this.forget, forgettable && !working);
    this.begin.disabled = held;
    this.#cancel.disabled = stuck;
    this.forget.disabled = held;
    this.#keepFocus(focused);
  }

  /** A button that was pressed goes away or cannot be pressed: the one that takes its place gets the focus. @param {HTMLButtonElement|undefined} held */
  #keepFocus(held) {
    const lost = held ? !usable(held) : this.#lost && document.activeElement === document.body;
    const next = lost ? [this.#cancel, this.begin].find(usable) : undefined;
    next?.focus({ preventScroll: true });
    this.#lost = lost && !next;
  }
}

/** @param {HTMLButtonElement} button */
function usable({ hidden, disabled }) {
  return !hidden && !disabled;
}

customElements.define("calibration-panel", CalibrationPanel);
