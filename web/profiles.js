// @ts-check
// The programs that stacked images are downloaded for: each looks for masks under names of its own.
import { address } from "./api.js";
import { recall, remember } from "./memory.js";
/** @typedef {import("./types.js").Profile} Profile */

const KEY = "profile";

/** `images`, `masks`: what to do with them there. @type {readonly {profile: Profile, name: string, images: string, masks: string}[]} */
export const PROFILES = Object.freeze([
  { profile: "metashape", name: "Metashape", images: "Add the folder “images”.", masks: "Import masks from files by the template {filename}_mask.png." },
  { profile: "realityscan", name: "RealityScan", images: "Add the folder “images”.", masks: "Masks lie beside their images: check that the object remains." },
  { profile: "colmap", name: "COLMAP", images: "Give “images” as image path.", masks: "Give “masks” as mask path." },
  { profile: "meshroom", name: "Meshroom", images: "Drop the folder “images”.", masks: "Give “masks” as masks folder." },
]);

/** @param {Profile} profile */
export function programOf(profile) {
  return PROFILES.find((each) => each.profile === profile) ?? PROFILES[0];
}

/** The program chosen last. @returns {Profile} */
export function loadProfile() {
  return programOf(/** @type {Profile} */ (recall(KEY))).profile;
}

/** @param {Profile} profile */
export function saveProfile(profile) {
  remember(KEY, profile);
}

/** Where the archives of a scan are. @param {string} scan @param {Profile} profile */
export function archivesOf(scan, profile) {
  return { stacks: address("stacks", { scan_id: scan }, { profile }), slices: address("slices", { scan_id: scan }) };
}
