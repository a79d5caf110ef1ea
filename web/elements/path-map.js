// @ts-check
import { svg } from "../icons.js";
/** @typedef {import("../plan.js").Pose} Pose */

const SIZE = 160;
const RADIUS = 62;
const LIFT = Math.sin((24 * Math.PI) / 180);

/** A drawing of where the camera will stand around the object, seen from a little above. */
export class PathMap extends HTMLElement {
  #dots = svg("g");
  #drawn = "";

  connectedCallback() {
    const picture = svg("svg", { viewBox: `0 0 ${SIZE} ${SIZE}`, role: "img", "aria-label": "Positions around the object" });
    const half = SIZE / 2;
    picture.append(
      svg("circle", { cx: half, cy: half, r: RADIUS, class: "globe" }),
      svg("ellipse", { cx: half, cy: half, rx: RADIUS, ry: RADIUS * LIFT, class: "equator" }),
      svg("circle", { cx: half, cy: half, r: 5, class: "object" }),
      this.#dots);
    this.replaceChildren(picture);
  }

  /** @param {Pose[]} poses */
  update(poses) {
    const key = JSON.stringify(poses);
    if (key === this.#drawn) return;
    this.#drawn = key;
    this.#dots.replaceChildren(...poses.map(dot));
  }
}

/** @param {Pose} pose */
function dot({ turntable_deg, tilt_deg }) {
  const [turn, tilt] = [turntable_deg, tilt_deg].map((degrees) => (degrees * Math.PI) / 180);
  const [x, y, z] = [Math.cos(tilt) * Math.sin(turn), Math.sin(tilt), Math.cos(tilt) * Math.cos(turn)];
  const front = z * Math.cos(Math.asin(LIFT)) + y * LIFT;
  return svg("circle", {
    cx: (SIZE / 2 + RADIUS * x).toFixed(1),
    cy: (SIZE / 2 + RADIUS * (z * LIFT - y * Math.cos(Math.asin(LIFT)))).toFixed(1),
    r: front > 0 ? 2.6 : 1.8,
    class: front > 0 ? "dot" : "dot behind",
  });
}

customElements.define("path-map", PathMap);
