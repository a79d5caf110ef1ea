// @ts-check
import { address } from "../api.js";
import { h, setText, show } from "../dom.js";
import { angle, lens } from "../format.js";
import { running } from "../state.js";
/** @typedef {import("../types.js").State} State */

const RETRY_MS = 2_000;

/** What the camera sees now. The stream is held only while somebody can look at it. */
export class RigPreview extends HTMLElement {
  #image = h("img", { alt: "What the camera sees now", onload: () => this.#seen(), onerror: () => this.#again() });
  #words = h("p", { class: "words" });
  #facts = h("span", { class: "facts" });
  /** the camera whose pictures are wanted, "" for none: one that was opened anew sends a new stream */
  #wanted = "";
  #timer = 0;

  connectedCallback() {
    this.replaceChildren(h("figure", {}, h("div", { class: "frame" }, this.#image, this.#words), h("figcaption", {}, this.#facts)));
    document.addEventListener("visibilitychange", () => this.#wanted && this.#watch(!document.hidden));
  }

  /** @param {State} state */
  update(state) {
    const camera = state.status?.rig.facts?.camera;
    const wanted = state.link === "live" && camera ? JSON.stringify(camera) : "";
    if (wanted !== this.#wanted) {
      this.#wanted = wanted;
      this.#watch(wanted !== "" && !document.hidden);
    }
    setText(this.#facts, camera ? [`${camera.model} · ${camera.width} × ${camera.height} px`, ...places(state)].join(" · ") : "");
    if (camera) this.style.setProperty("--aspect", `${camera.width / camera.height}`);
    setText(this.#words, wordsFor(state));
  }

  rest() {
    this.#wanted = "";
    this.#watch(false);
  }

  /** @param {boolean} on */
  #watch(on) {
    clearTimeout(this.#timer);
    show(this.#words, true);
    show(this.#image, false);
    if (on) this.#image.src = `${address("preview")}?t=${Date.now()}`;
    else this.#image.removeAttribute("src");
  }

  #seen() {
    show(this.#image, true);
    show(this.#words, false);
  }

  #again() {
    if (!this.#wanted) return;
    this.#watch(false);
    this.#timer = setTimeout(() => this.#wanted && this.#watch(!document.hidden), RETRY_MS);
  }
}

/** @param {State} state */
function wordsFor(state) {
  if (state.link !== "live") return "No connection";
  return state.status?.rig.facts ? "Waiting for a picture…" : "The camera is not open";
}

/** Where a running scan has the rig; beside the controls for moving it by hand this stands there. @param {State} state */
function places(state) {
  const rig = state.status?.rig;
  if (!rig || !running(state)) return [];
  const axes = Object.entries(rig.axes).filter(([, at]) => at !== null).map(([name, at]) => `${name} ${angle(at)}`);
  return rig.lens === null ? axes : [...axes, lens(rig.lens)];
}

customElements.define("rig-preview", RigPreview);
