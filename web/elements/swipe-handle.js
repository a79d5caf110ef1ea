// @ts-check
import { emit, h } from "../dom.js";

const STEP = 0.02;
const LEAP = 0.1;

/** The divider between two pictures: a slider that mouse, touch and keyboard can move. Says "move-divider" {share 0..1}. */
export class SwipeHandle extends HTMLElement {
  #share = 0.5;

  connectedCallback() {
    this.replaceChildren(h("span", { class: "grip", "aria-hidden": "true" }, "‹ ›"));
    for (const [name, value] of Object.entries({
      role: "slider", tabindex: 0, "aria-label": "Divider between slice and stacked image", "aria-valuemin": 0, "aria-valuemax": 100,
    })) {
      this.setAttribute(name, String(value));
    }
    this.addEventListener("pointerdown", (event) => this.#grab(event));
    this.addEventListener("pointermove", (event) => this.hasPointerCapture(event.pointerId) && this.#follow(event));
    this.addEventListener("keydown", (event) => this.#key(event));
    this.addEventListener("dblclick", (event) => event.stopPropagation());
    this.#move(this.#share);
  }

  /** @param {PointerEvent} event */
  #grab(event) {
    event.stopPropagation();
    this.setPointerCapture(event.pointerId);
  }

  /** @param {PointerEvent} event */
  #follow(event) {
    event.stopPropagation();
    const box = /** @type {HTMLElement} */ (this.parentElement).getBoundingClientRect();
    this.#move((event.clientX - box.left) / box.width);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const step = event.shiftKey ? LEAP : STEP;
    /** @type {Record<string, number>} */
    const goals = { ArrowLeft: this.#share - step, ArrowRight: this.#share + step, PageDown: this.#share - LEAP, PageUp: this.#share + LEAP, Home: 0, End: 1 };
    if (!(event.key in goals)) return;
    event.preventDefault();
    event.stopPropagation();
    this.#move(goals[event.key]);
  }

  /** @param {number} share */
  #move(share) {
    this.#share = Math.min(1, Math.max(0, share));
    this.setAttribute("aria-valuenow", String(Math.round(this.#share * 100)));
    this.setAttribute("aria-valuetext", `${Math.round(this.#share * 100)} percent slice`);
    emit(this, "move-divider", { share: this.#share });
  }
}

customElements.define("swipe-handle", SwipeHandle);
