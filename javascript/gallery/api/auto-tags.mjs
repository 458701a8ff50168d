import { json } from './transport.mjs';

/** @typedef {import('./transport.mjs').Transport} Transport */
/** @typedef {import('../lib/rules.mjs').Rule} Rule */
/** @typedef {{id: string, time: number, count: number}} Run  of the rules over the library */
/** @typedef {{count: number, tested: number, complete: boolean, samples: string[]}} Preview */

/**
 * Rules that give tags.
 * @param {Transport} transport
 */
export function autoTagsApi({ url, read, readOnce, change }) {
  return {
    /** @returns {Promise<{rules: Rule[], runs: Run[]}>} */
    autoTags: () => read(url('db/auto_tags'), {}),

    /** @param {Rule[]} rules */
    saveRules: (rules) => change('app_fe_setting', { name: 'autotag_rules', value: rules }),

    /**
     * What a rule would match.
     * @param {Rule} rule
     * @param {AbortSignal} signal
     * @returns {Promise<Preview>}
     */
    previewRule: (rule, signal) =>
      readOnce(url('db/auto_tags/preview'), { ...json({ rule }), signal }),

    /**
     * Gives the tags of one rule, or of all that are on, to files that are in the library already.
     * @param {Rule|null} rule
     * @returns {Promise<{job_id: string}>}
     */
    applyRules: (rule) => change('db/auto_tags/apply', { ...(rule && { rule }), background: true }),

    /**
     * @param {string} id  of a run
     * @returns {Promise<{job_id: string}>}
     */
    undoRules: (id) => change('db/auto_tags/undo', { id, background: true }),
  };
}
