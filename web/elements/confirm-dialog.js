// @ts-check
import { h, setText } from "../dom.js";

/** Asks before something that cannot be undone. */
export class ConfirmDialog extends HTMLElement {
  #title = h("h2", { id: "confirm-title" });
  #text = h("p", { id: "confirm-text" });
  #yes = h("button", { class: "button danger", value: "yes" });
  #no = h("button", { class: "button", value: "no", autofocus: true });
  #dialog = h("dialog", { "aria-labelledby": "confirm-title", "aria-describedby": "confirm-text" },
    h("form", { method: "dialog" }, this.#title, this.#text, h("div", { class: "buttons end" }, this.#no, this.#yes)));

  connectedCallback() {
    this.append(this.#dialog);
  }

  /** @param {string} title @param {string} text @param {string} yes @param {string} no @returns {Promise<boolean>} */
  ask(title, text, yes, no) {
    setText(this.#title, title);
    setText(this.#text, text);
    setText(this.#yes, yes);
    setText(this.#no, no);
    this.#dialog.returnValue = "no";
    this.#dialog.showModal();
    return new Promise((resolve) => {
      this.#dialog.addEventListener("close", () => resolve(this.#dialog.returnValue === "yes"), { once: true });
    });
  }
}

customElements.define("confirm-dialog", ConfirmDialog);
