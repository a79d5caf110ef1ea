// @ts-check
import { saidOf } from "../check.js";
import { emit, h, setText, setValue, show } from "../dom.js";
import { choice, complain, errorLine, freshId, numberField } from "../fields.js";
import { plural } from "../format.js";
import { poses } from "../plan.js";
import { PathMap } from "./path-map.js";
import { RingList } from "./ring-list.js";
/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").Sphere} Sphere */

/** Step 3: where the camera looks from. */
export class PathFields extends HTMLElement {
  #kind = choice("Path", [["rings", "Rings"], ["sphere", "Sphere"], ["explicit", "List"]], (kind) => emit(this, "change-plan", { kind }));
  #map = new PathMap();
  #rings = new RingList();
  /** @type {Sphere|null} */
  #last = null;
  #count = this.#sphereField("count", "Positions", "", 1, 5000);
  #low = this.#sphereField("tilt_min_deg", "Lowest tilt", "°", -90, 90);
  #high = this.#sphereField("tilt_max_deg", "Highest tilt", "°", -90, 90);
  #sphere = h("div", { class: "pair three" }, this.#count.field, this.#low.field, this.#high.field);
  #id = freshId();
  #error = errorLine(`${this.#id}-error`);
  #text = h("textarea", { id: this.#id, rows: 6, spellcheck: "false", "aria-describedby": this.#error.id,
    onchange: () => emit(this, "change-plan", { explicit: this.#text.value }) });
  #list = h("div", { class: "field" },
    h("label", { for: this.#id }, "Positions in the order of capture, as JSON"), this.#text, this.#error,
    h("p", { class: "hint" }, "Each is {\"turntable_deg\": …, \"tilt_deg\": …}."));
  #total = h("p", { class: "hint" });

  connectedCallback() {
    this.replaceChildren(h("section", { class: "card" },
      h("div", { class: "row spread wrap" }, h("h2", {}, h("span", { class: "step" }, "3"), "Path"), this.#kind.field),
      h("div", { class: "with-map" },
        h("div", {}, this.#rings, this.#sphere, this.#list, this.#total), this.#map)));
  }

  /** @param {State} state @param {import("../types.js").FieldError[]} wrong */
  update({ draft, status, estimate }, wrong) {
    const tilts = status?.rig.facts?.axes.some((axis) => axis.name === "tilt") ?? true;
    this.#kind.select(draft.kind);
    show(this.#rings, draft.kind === "rings");
    show(this.#sphere, draft.kind === "sphere");
    show(this.#list, draft.kind === "explicit");
    this.#rings.update(draft.rings, tilts, wrong);
    this.#last = draft.sphere;
    this.#count.set(draft.sphere.count);
    this.#low.set(draft.sphere.tilt_min_deg, saidOf(wrong, "path.tilt_min_deg"));
    this.#high.set(draft.sphere.tilt_max_deg, saidOf(wrong, "path.tilt_max_deg"));
    setValue(this.#text, draft.explicit);
    complain(this.#text, this.#error, saidOf(wrong, "path.positions"));
    this.#map.update(poses(draft));
    const total = estimate.value ? `${plural(estimate.value.positions, "position")} in all.` : "";
    setText(this.#total, tilts ? total : `${total} This rig has no tilt axis, so the tilt stays 0°.`);
  }

  /** @param {keyof Sphere} key @param {string} label @param {string} unit @param {number} min @param {number} max */
  #sphereField(key, label, unit, min, max) {
    return numberField({ label, unit, min, max, onnumber: (value) => emit(this, "change-plan", { sphere: { ...this.#last, [key]: value } }) });
  }
}

customElements.define("path-fields", PathFields);
