/** @typedef {import('./transport.mjs').Transport} Transport */

/**
 * @typedef {Object} VisionModel
 * @property {string} name
 * @property {string} title
 * @property {string} languages  of the words that it knows; '' for none
 * @property {string} licence
 * @property {'ready'|'missing'|'partial'|'damaged'} state
 * @property {string} reason  what to do where it is not ready
 * @property {number} size_bytes
 * @property {number} received_bytes
 * @property {boolean} own  described by the user
 * @property {boolean} used
 *
 * @typedef {Object} VisionDownload
 * @property {string} name
 * @property {'running'|'completed'|'failed'|'cancelled'} status
 * @property {number} done
 * @property {number} total
 * @property {number} rate  bytes a second
 * @property {number|null} seconds_left
 * @property {string} error
 *
 * @typedef {Object} VisionStatus
 * @property {boolean} installed
 * @property {'not_installed'|'no_model'|'failed'|'paused'|'working'|'waiting'|'done'} state
 * @property {string} reason
 * @property {number} done
 * @property {number} total
 * @property {number} rate  pictures a second
 * @property {number|null} seconds_left
 * @property {''|'generating'|'thumbnails'} waits_for
 * @property {VisionModel[]} models
 * @property {VisionDownload|null} download
 */

/**
 * @typedef {Object} Judge
 * @property {'nsfw'|'tags'|'aesthetic'} name
 * @property {boolean} on
 * @property {'off'|'working'|'waiting'|'done'|'failed'} state
 * @property {string} reason  what is missing
 * @property {number} done
 * @property {number} total
 * @property {number} rate  pictures a second
 * @property {number|null} seconds_left
 * @property {boolean} has_results
 *
 * @typedef {{name: string, category: string, confidence: number}} MachineTag
 * @typedef {{aesthetic: number|null, nsfw: number|null, tags: MachineTag[]}} Judgement
 */

/**
 * The models that see what is in pictures. What changes them answers with the state after it, except a
 * download, which goes on.
 * @param {Transport} transport
 */
export function visionApi({ url, read, change }) {
  return {
    /** @returns {Promise<VisionStatus>} */
    visionStatus: () => read(url('vision/status'), {}),

    /** @param {string} name */
    downloadVision: (name) => change('vision/download', { name }),

    pauseVisionDownload: () => change('vision/download/pause'),

    pauseVision: () => change('vision/pause'),

    resumeVision: () => change('vision/resume'),

    /** @param {string} name */
    useVision: (name) => change('vision/use', { name }),

    /** @returns {Promise<{judges: Judge[]}>} */
    judges: () => read(url('vision/judges'), {}),

    /** @param {string} name @param {'on'|'off'|'forget'} how */
    turnJudge: (name, how) => change(`vision/judges/${how}`, { name }),

    /** @param {string} path @returns {Promise<Judgement>} */
    judgement: (path) => read(url('vision/judgement', { path }), {}),

    /** @param {string} name */
    removeVision: (name) => change('vision/remove', { name }),
  };
}
