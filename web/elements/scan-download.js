// @ts-check
import { emit, h, setText, show } from "../dom.js";
import { freshId } from "../fields.js";
import { bytes, plural } from "../format.js";
import { icon } from "../icons.js";
import { PROFILES, archivesOf, programOf } from "../profiles.js";
/** @typedef {import("../types.js").ScanStatus} ScanStatus */
/** @typedef {import("../types.js").PositionReport} PositionReport */
/** @typedef {import("../types.js").State} State */

const STACKERS = "for Helicon Focus, Zerene";

/** What a scan gives: its stacked images for the program of one's choice, and its slices for other stackers. */
export class ScanDownload extends HTMLElement {
  #id = freshId();
  #program = h("select", { id: this.#id, onchange: () => emit(this, "choose-profile", { profile: this.#program.value }) },
    ...PROFILES.map(({ profile, name }) => h("option", { value: profile }, name)));
  #stacks = offer("primary");
  #slices = offer();
  #steps = h("p", { class: "hint" });

  connectedCallback() {
    this.classList.add("card");
    this.replaceChildren(h("h2", {}, "Download"),
      h("div", { class: "offers" },
        h("div", { class: "field" }, h("label", { for: this.#id }, "Program"), this.#program), this.#stacks.link, this.#slices.link),
      this.#steps);
  }

  /** @param {ScanStatus} scan @param {readonly PositionReport[]|null} reports @param {State} state */
  update(scan, reports, { profile, sizes }) {
    show(this, scan.stacked > 0);
    const program = programOf(profile);
    const known = sizes?.scan === scan.id ? sizes : null;
    const masks = reports?.some(({ mask }) => mask) ?? false;
    const { stacks, slices } = archivesOf(scan.id, profile);
    this.#program.value = profile;
    this.#stacks.tell(stacks, `Images for ${program.name}`, [images(scan), masks && "with masks", known?.profile === profile && size(known.stacks)]);
    this.#slices.tell(slices, "All slices", [STACKERS, known && size(known.slices)]);
    setText(this.#steps, [program.images, masks && program.masks, "All steps stand in README.txt."].filter(Boolean).join(" "));
  }
}

/** A button with a second line for what it gives. */
function offer(kind = "") {
  const name = h("strong");
  const what = h("span");
  const link = h("a", { class: `button offer ${kind}`.trim(), download: true }, icon("download"), h("span", {}, name, " ", what));
  return {
    link,
    /** @param {string} address @param {string} title @param {(string|null|false)[]} facts */
    tell(address, title, facts) {
      if (link.getAttribute("href") !== address) link.href = address;
      setText(name, title);
      setText(what, facts.filter(Boolean).join(" · "));
    },
  };
}

/** @param {ScanStatus} scan */
function images({ stacked, positions_total: all, state }) {
  if (stacked === all) return plural(all, "image");
  return `${stacked} of ${all}${state === "finished" ? "" : " so far"}`;
}

/** @param {number|null} count */
function size(count) {
  return count === null ? "" : bytes(count);
}

customElements.define("scan-download", ScanDownload);
