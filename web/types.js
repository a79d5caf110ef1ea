// @ts-check
// The shapes that come from the daemon (see /openapi.json) and the state of the page.

/** @typedef {{code: string, message: string, hint?: string}} Problem */
/** @typedef {"blurred"|"dark"|"saturated"|"unaligned"} LeftOut */
/**
 * How one slice fared in its stack; shares are parts of the object, 0 to 1.
 * @typedef {object} SliceReport
 * @property {number} index
 * @property {number|null} focus
 * @property {number|null} focus_asked
 * @property {number} share
 * @property {LeftOut|null} left_out
 */
/**
 * @typedef {object} StackQuality
 * @property {number} beyond_near
 * @property {number} beyond_far
 * @property {number[]} idle
 * @property {number} residual_px
 * @property {number} motion_px
 * @property {number} flicker
 * @property {number} certainty  how sure the mask is, 0 to 1
 * @property {number} disagreement_px
 * @property {SweepProposal|null} proposal
 */
/** @typedef {{near: number, far: number, count: number}} SweepProposal  a sweep that would cover what the one used leaves out */
/** @typedef {{index: number, turntable: number, tilt: number, took_s: number, slices: SliceReport[], quality: StackQuality, findings: Problem[], settle_s: number|null, still: boolean, mask: boolean, depth: boolean}} PositionReport */
/** @typedef {{scale_error_ppm: number, residual_px: number, slices: number, outliers: number, positions: number, measured_at: string}} Calibration */
/** @typedef {"D"|"mm"|""} Unit  of focus positions: dioptres of a lens, millimetres of a rail, none of fixed focus */
/** @typedef {{drive: "lens"|"rail"|"fixed", unit: Unit, far: number, near: number, step: number, coarse: number, depth_of_field: number}} FocusFacts */
/** @typedef {{offset: number, slope: number}} FocusScale  an object at d mm is sharp at offset + 1000 slope / d dioptres */
/**
 * Where the lens is sharp on targets at known distances; from two distances on it has a law.
 * @typedef {object} FocusCalibration
 * @property {{distance_mm: number, focus: number}[]} points
 * @property {number|null} offset
 * @property {number|null} slope
 * @property {number|null} residual
 * @property {string} measured_at
 */
/** @typedef {{name: string, low: number|null, high: number|null, step: number, can_home: boolean, unit: "°"|"mm"}} AxisFacts */
/** @typedef {{model: string, width: number, height: number}} CameraFacts */
/** @typedef {{simulated: boolean, description: string, camera: CameraFacts, focus: FocusFacts, axes: AxisFacts[], light: boolean}} RigFacts */
/** @typedef {{time_us: number, gain: number, red_gain: number, blue_gain: number}} Exposure */
/** @typedef {{near: number, far: number, count: number, reference: number}} SweepFacts */
/**
 * @typedef {object} ScanStatus
 * @property {string} id
 * @property {string} name
 * @property {string} created_at
 * @property {"running"|"paused"|"finished"} state
 * @property {"completed"|"cancelled"|"failed"|null} reason
 * @property {string} activity
 * @property {number} positions_total
 * @property {number} positions_done
 * @property {number|null} slices_total
 * @property {number} slices_done
 * @property {number} stacked
 * @property {number[]} stacked_positions
 * @property {number[]} flagged  positions whose stack has findings
 * @property {SweepFacts|null} sweep
 * @property {SweepProposal|null} proposal  the sweep that would cover the object better, out of all positions
 * @property {"calibrated"|"each"|null} geometry  one for the whole scan, or each position aligned on its own
 * @property {Problem|null} uncalibrated  why the scan has no calibration of its own, where it should have one
 * @property {Exposure|null} exposure
 * @property {number|null} eta_s
 * @property {number} elapsed_s
 * @property {Problem|null} problem
 */
/**
 * @typedef {object} RigStatus
 * @property {RigFacts|null} facts
 * @property {number|null} focus
 * @property {Record<string, number|null>} axes
 * @property {number|null} light
 * @property {Exposure|null} exposure
 * @property {boolean} calibrated  whether breathing is known
 * @property {FocusScale|null} focus_scale  what the dioptres of the lens mean; null: uncalibrated
 * @property {string} activity
 * @property {Problem|null} problem
 */
/** @typedef {{version: string, rig: RigStatus, scan: ScanStatus|null, scans_revision: number, disk_free_bytes: number, notices: Problem[]}} Status */
/** @typedef {{positions: number, sweep: SweepFacts|null, slices: number|null, duration_s: number|null, bytes_needed: number|null, bytes_free: number}} PlanEstimate */
/** @typedef {{settings: Record<string, any>, schema: Record<string, any>, overridden: string[]}} SettingsView */

/** @typedef {{tilt_deg: number, count: number}} Ring */
/** @typedef {{count: number, tilt_min_deg: number, tilt_max_deg: number}} Sphere */
/**
 * What the person has chosen so far. null = automatic.
 * @typedef {object} Draft
 * @property {string} name
 * @property {Unit} unit  of near and far: with another drive they mean nothing
 * @property {number|null} near
 * @property {number|null} far
 * @property {number|null} count
 * @property {"rings"|"sphere"|"explicit"} kind
 * @property {Ring[]} rings
 * @property {Sphere} sphere
 * @property {string} explicit
 * @property {Exposure|null} exposure
 * @property {number|null} wait_s  seconds after a move; null: until pictures stop changing
 * @property {Record<string, any>} stacking  what differs from the defaults
 * @property {{masks: boolean, depth: boolean}} output  what is kept of each position beside its image
 */

/** @typedef {{page: "scan"|"scans"|"settings", id: string, position: number|null, step?: string}} Route  step: the part of the set-up to begin with, "" for the top */
/** @typedef {"metashape"|"realityscan"|"colmap"|"meshroom"} Profile  the program that a download is made for */
/** @typedef {{scan: string, profile: Profile, stacks: number|null, slices: number|null}} Sizes  of the downloads of a scan, in bytes; null: not told */
/** @typedef {{where: string, what: string}} FieldError */
/**
 * @typedef {object} State
 * @property {Route} route
 * @property {"connecting"|"live"|"lost"} link
 * @property {Status|null} status
 * @property {Draft} draft
 * @property {{value: PlanEstimate|null, problem: Problem|null, errors: FieldError[]}} estimate
 * @property {ScanStatus[]|null} scans
 * @property {string|null} watched  id of the scan that the first page shows until a new one is set up
 * @property {{scan: string, list: PositionReport[]}|null} positions  reports on the stacks of one scan
 * @property {Profile} profile
 * @property {Sizes|null} sizes
 * @property {Calibration|null} calibration
 * @property {FocusCalibration|null} scale
 * @property {Record<string, any>|null} document  the OpenAPI document, for its schemas
 * @property {SettingsView|null} settings
 * @property {{ok: boolean, text: string, errors: FieldError[]}|null} saved  how the last save of the settings went
 * @property {ReadonlySet<string>} busy  actions on their way to the rig
 * @property {(Problem & {link?: string})|null} problem  the last action that failed
 * @property {string} notice  the last action that went well, in a few words
 */

export {};
