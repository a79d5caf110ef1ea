// @ts-check

const MOST = 8;
const STEP = 1.25;
const PAN_PX = 60;

/**
 * Lets a picture be zoomed and panned inside a viewport with mouse, touch and keyboard. The picture is placed by CSS
 * variables on the viewport: --x, --y (CSS pixels) and --scale (CSS pixels a picture pixel).
 */
export class Zoom {
  #width = 0;
  #height = 0;
  #x = 0;
  #y = 0;
  #scale = 1;
  #fitted = true;
  /** @type {Map<number, {x: number, y: number}>} */
  #fingers = new Map();

  /** @param {HTMLElement} view @param {() => void} changed */
  constructor(view, changed) {
    this.view = view;
    this.changed = changed;
    view.addEventListener("pointerdown", (event) => this.#down(event));
    view.addEventListener("pointermove", (event) => this.#drag(event));
    for (const end of ["pointerup", "pointercancel"]) {
      view.addEventListener(end, (event) => this.#fingers.delete(/** @type {PointerEvent} */ (event).pointerId));
    }
    view.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    view.addEventListener("keydown", (event) => this.#key(event));
    view.addEventListener("dblclick", (event) => (this.fitted ? this.oneToOne(this.#at(event)) : this.fit()));
    new ResizeObserver(() => (this.#fitted ? this.fit() : this.#place())).observe(view);
  }

  get fitted() {
    return this.#fitted;
  }

  /** Screen pixels a picture pixel. */
  get ratio() {
    return this.#scale * devicePixelRatio;
  }

  /** @param {number} width @param {number} height  size of the picture in pixels */
  size(width, height) {
    if (width === this.#width && height === this.#height) return;
    [this.#width, this.#height] = [width, height];
    this.fit();
  }

  fit() {
    this.#fitted = true;
    this.#scale = this.#fitScale();
    this.#place();
  }

  /** One picture pixel is one pixel of the screen. @param {{x: number, y: number}} [at] */
  oneToOne(at) {
    this.#to(1 / devicePixelRatio, at);
  }

  /** @param {number} factor @param {{x: number, y: number}} [at] */
  by(factor, at) {
    this.#to(this.#scale * factor, at);
  }

  /** @param {number} scale @param {{x: number, y: number}} [at]  the point of the viewport that stays where it is */
  #to(scale, at = { x: this.view.clientWidth / 2, y: this.view.clientHeight / 2 }) {
    const fit = this.#fitScale();
    const least = Math.min(fit, 1 / devicePixelRatio);
    const next = Math.min(Math.max(fit, MOST / devicePixelRatio), Math.max(least, scale));
    this.#x = at.x - ((at.x - this.#x) * next) / this.#scale;
    this.#y = at.y - ((at.y - this.#y) * next) / this.#scale;
    this.#scale = next;
    this.#fitted = Math.abs(next / fit - 1) < 1e-3;
    this.#place();
  }

  #fitScale() {
    return Math.min(this.view.clientWidth / this.#width, this.view.clientHeight / this.#height) || 1;
  }

  #place() {
    this.#x = inside(this.#x, this.view.clientWidth, this.#width * this.#scale);
    this.#y = inside(this.#y, this.view.clientHeight, this.#height * this.#scale);
    for (const [name, value] of [["--x", `${this.#x}px`], ["--y", `${this.#y}px`], ["--scale", `${this.#scale}`]]) {
      this.view.style.setProperty(name, value);
    }
    this.changed();
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (event.button !== 0) return;
    this.view.setPointerCapture(event.pointerId);
    this.#fingers.set(event.pointerId, this.#at(event));
  }

  /** @param {PointerEvent} event */
  #drag(event) {
    const before = this.#fingers.get(event.pointerId);
    if (!before) return;
    const now = this.#at(event);
    const other = [...this.#fingers.entries()].find(([id]) => id !== event.pointerId)?.[1];
    if (other) this.by(Math.hypot(now.x - other.x, now.y - other.y) / Math.max(1, Math.hypot(before.x - other.x, before.y - other.y)), other);
    else this.#pan(now.x - before.x, now.y - before.y);
    this.#fingers.set(event.pointerId, now);
  }

  /** @param {number} dx @param {number} dy */
  #pan(dx, dy) {
    this.#x += dx;
    this.#y += dy;
    this.#place();
  }

  /** The wheel scrolls the page while the whole picture is shown, unless Ctrl is held. @param {WheelEvent} event */
  #wheel(event) {
    if (this.#fitted && !event.ctrlKey) return;
    event.preventDefault();
    this.by(event.deltaY < 0 ? STEP : 1 / STEP, this.#at(event));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.target !== this.view) return;
    /** @type {Record<string, () => void>} */
    const keys = {
      "+": () => this.by(STEP), "=": () => this.by(STEP), "-": () => this.by(1 / STEP),
      0: () => this.fit(), 1: () => this.oneToOne(),
      ArrowLeft: () => this.#pan(PAN_PX, 0), ArrowRight: () => this.#pan(-PAN_PX, 0),
      ArrowUp: () => this.#pan(0, PAN_PX), ArrowDown: () => this.#pan(0, -PAN_PX),
    };
    if (!keys[event.key] || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    keys[event.key]();
  }

  /** @param {MouseEvent} event */
  #at(event) {
    const box = this.view.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }
}

/** Keep a picture at the viewport: centred when smaller, without a gap when larger. @param {number} offset @param {number} view @param {number} size */
function inside(offset, view, size) {
  return size <= view ? (view - size) / 2 : Math.min(0, Math.max(view - size, offset));
}
