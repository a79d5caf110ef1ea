// @ts-check
import { address } from "../api.js";
import { h, setAttribute, setText, show } from "../dom.js";
import { button } from "../fields.js";
import { place } from "../focus.js";
import { axisAt } from "../format.js";
import { running } from "../state.js";
import { MovingPicture } from "./moving-picture.js";
/** @typedef {import("../types.js").State} State */
/** @typedef {{x: number, y: number}} Place  shares of width and height */

const RETRY_MS = 2_000;
const MIDDLE = Object.freeze({ x: 0.5, y: 0.5 });
/** of what the loupe shows, that an arrow key moves it by */
const STRIDE = 0.25;
/** a pointer that moves less stands still */
const SLIP_PX = 6;

/** What the camera sees now: all of it, or a part 1:1, with what is sharp marked or not. Streams only while somebody can look. */
export class RigPreview extends HTMLElement {
  #picture = new MovingPicture({ alt: "What the camera sees now", seen: () => show(this.#words, false), lost: () => this.#again() });
  #words = h("p", { class: "words" });
  #frame = h("div", { class: "frame", onpointerdown: (/** @type {PointerEvent} */ event) => this.#grab(event),
    onpointerup: (/** @type {PointerEvent} */ event) => this.#release(event) }, this.#picture, this.#words);
  #facts = h("span", { class: "facts" });
  #how = h("p", { class: "how", role: "status" });
  #peak = button({ label: "Peaking", onclick: () => this.#toggle() });
  #full = button({ label: "1:1", onclick: () => this.#magnify(this.#loupe ? null : MIDDLE) });
  #tools = h("div", { class: "tools" }, this.#peak, this.#full);
  /** the camera whose pictures are wanted, "" for none: one that was opened anew sends a new stream */
  #wanted = "";
  #timer = 0;
  #peaking = false;
  /** @type {Place|null} */
  #loupe = null;
  /** where a pointer went down on the picture @type {Place|null} */
  #held = null;
  /** of the whole picture, pixels */
  #size = { width: 1, height: 1 };

  connectedCallback() {
    this.replaceChildren(h("figure", {}, this.#frame, h("figcaption", {}, this.#facts), this.#tools, this.#how));
    this.addEventListener("keydown", (event) => this.#key(event));
    document.addEventListener("visibilitychange", () => this.#wanted && this.#watch(!document.hidden));
    this.#tell();
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
    show(this.#tools, wanted !== "");
    if (camera) {
      this.#size = camera;
      this.style.setProperty("--aspect", `${camera.width / camera.height}`);
    }
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
    if (on) this.#picture.begin(this.#view());
    else this.#picture.end();
  }

  #again() {
    if (!this.#wanted) return;
    this.#watch(false);
    this.#timer = setTimeout(() => this.#wanted && this.#watch(!document.hidden), RETRY_MS);
  }

  /** @returns {import("./moving-picture.js").View} */
  #view() {
    const query = new URLSearchParams({ t: String(Date.now()) });
    if (this.#peaking) query.set("peaking", "true");
    if (this.#loupe) {
      query.set("loupe_x", this.#loupe.x.toFixed(4));
      query.set("loupe_y", this.#loupe.y.toFixed(4));
    }
    return { src: `${address("preview")}?${query}`, full: this.#loupe !== null };
  }

  /** The view has changed. */
  #look() {
    this.#tell();
    if (!this.#picture.empty) this.#picture.turn(this.#view());
    else if (this.#wanted && !document.hidden) this.#watch(true);
  }

  #tell() {
    setAttribute(this.#peak, "aria-pressed", String(this.#peaking));
    setAttribute(this.#full, "aria-pressed", String(this.#loupe !== null));
    this.#frame.classList.toggle("magnified", this.#loupe !== null);
    const parts = [];
    if (this.#loupe) parts.push("A part, 1:1. Drag it, or move it by arrow keys; a tap or Escape shows all.");
    if (this.#peaking) parts.push("Red is sharp.");
    setText(this.#how, parts.join(" "));
    show(this.#how, parts.length > 0);
  }

  #toggle() {
    this.#peaking = !this.#peaking;
    this.#look();
  }

  /** @param {Place|null} at */
  #magnify(at) {
    this.#loupe = at && { x: inside(at.x), y: inside(at.y) };
    this.#look();
  }

  /** @param {PointerEvent} event */
  #grab(event) {
    if (event.button !== 0 || this.#picture.empty) return;
    this.#held = { x: event.clientX, y: event.clientY };
    if (this.#loupe) this.#frame.setPointerCapture(event.pointerId);
  }

  /** A tap shows the part it points at, or all again; a drag moves the part. @param {PointerEvent} event */
  #release({ clientX, clientY }) {
    const held = this.#held;
    this.#held = null;
    if (!held) return;
    this.#full.focus({ preventScroll: true }); // keys move the part that was pointed at
    const { x, y } = { x: clientX - held.x, y: clientY - held.y };
    if (Math.hypot(x, y) < SLIP_PX) this.#magnify(this.#loupe ? null : this.#at(clientX, clientY));
    else if (this.#loupe) this.#magnify({ x: this.#loupe.x - x / this.#size.width, y: this.#loupe.y - y / this.#size.height });
  }

  /** @param {number} x @param {number} y @returns {Place} */
  #at(x, y) {
    const box = this.#frame.getBoundingClientRect();
    return { x: (x - box.left) / box.width, y: (y - box.top) / box.height };
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (!this.#loupe || event.ctrlKey || event.metaKey || event.altKey) return;
    const { x, y } = this.#loupe;
    const across = (STRIDE * this.#frame.clientWidth) / this.#size.width;
    const down = (STRIDE * this.#frame.clientHeight) / this.#size.height;
    /** @type {Record<string, Place|null>} */
    const goals = {
      Escape: null, ArrowLeft: { x: x - across, y }, ArrowRight: { x: x + across, y }, ArrowUp: { x, y: y - down }, ArrowDown: { x, y: y + down },
    };
    if (!(event.key in goals)) return;
    event.preventDefault();
    this.#magnify(goals[event.key]);
  }
}

/** @param {number} share */
function inside(share) {
  return Math.min(1, Math.max(0, share));
}

/** @param {State} state */
function wordsFor({ link, status }) {
  if (link !== "live") return "No connection";
  return status?.rig.facts ? "Waiting for a picture…" : "The rig is not open";
}

/** Where a running scan has the rig; beside the controls for moving it by hand this stands there. @param {State} state */
function places(state) {
  const rig = state.status?.rig;
  if (!rig?.facts || !running(state)) return [];
  const turned = Object.entries(rig.axes).filter(([name, at]) => name !== "focus" && at !== null);
  const axes = turned.map(([name, at]) => `${name} ${axisAt(at, "°")}`);
  return rig.focus === null ? axes : [...axes, place(rig.focus, rig.facts.focus.unit)];
}

customElements.define("rig-preview", RigPreview);
