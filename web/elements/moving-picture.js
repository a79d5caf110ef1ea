// @ts-check
import { h, show } from "../dom.js";
/** @typedef {{src: string, full: boolean}} View  address of a stream; whether its pixels are shown 1:1 */

/** A stream of pictures. Another one takes its place with its first frame, so that nothing flashes. */
export class MovingPicture extends HTMLElement {
  #shown = this.#picture();
  #next = this.#picture();
  /** asked for while the first frame of another view is awaited: of many wishes the last one waits @type {View|null} */
  #wish = null;

  /** @param {{alt: string, seen: () => void, lost: () => void}} options  `seen`: a first frame is there; `lost`: the stream broke off */
  constructor({ alt, seen, lost }) {
    super();
    this.seen = seen;
    this.lost = lost;
    for (const image of [this.#shown, this.#next]) image.alt = alt;
  }

  connectedCallback() {
    this.replaceChildren(this.#shown, this.#next);
  }

  /** Whether there is nothing to see. */
  get empty() {
    return this.#shown.hidden;
  }

  /** Show nothing, until the first frame of `view`. @param {View} view */
  begin(view) {
    this.end();
    this.#open(view);
  }

  /** Another view of the same. @param {View} view */
  turn(view) {
    if (this.#next.hasAttribute("src")) this.#wish = view;
    else this.#open(view);
  }

  end() {
    this.#wish = null;
    for (const image of [this.#shown, this.#next]) {
      show(image, false);
      image.removeAttribute("src");
    }
  }

  #picture() {
    const image = h("img", { hidden: true, draggable: "false",
      onload: () => this.#arrived(image), onerror: () => image.hasAttribute("src") && this.lost() });
    return image;
  }

  /** @param {View} view */
  #open({ src, full }) {
    this.#next.classList.toggle("full", full);
    this.#next.src = src;
  }

  /** @param {HTMLImageElement} image */
  #arrived(image) {
    if (image !== this.#next || !image.hasAttribute("src")) return;
    [this.#shown, this.#next] = [this.#next, this.#shown];
    show(this.#shown, true);
    show(this.#next, false);
    this.#next.removeAttribute("src");
    this.seen();
    const wish = this.#wish;
    this.#wish = null;
    if (wish) this.#open(wish);
  }
}

customElements.define("moving-picture", MovingPicture);
