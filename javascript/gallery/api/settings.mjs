/** @typedef {import('./transport.mjs').Transport} Transport */
/** @typedef {import('../lib/types.mjs').ServerSetting} ServerSetting */

/**
 * The settings of the server.
 * @param {Transport} transport
 */
export function settingsApi({ url, read, change }) {
  return {
    /** @returns {Promise<ServerSetting[]>} */
    serverSettings: async () => (await read(url('settings'), {})).settings,

    /** @param {Record<string, unknown>} values  by name */
    changeSettings: (values) => change('settings', { values }),

    /** @param {string[]} value  terms whose files are shown blurred */
    saveTerms: (value) => change('app_fe_setting', { name: 'blur_terms', value }),

    /** @param {Record<string, string>} values  of language models, by name */
    changeAISettings: (values) => change('ai/settings', values),

    /** @returns {Promise<{model: string, dimensions: number}>} */
    testAI: () => change('ai/test', {}),

    /** @returns {Promise<{files: number, bytes: number}>} */
    cacheSize: () => read(url('thumbnails/cache'), {}),

    /** @returns {Promise<{removed: number, bytes: number}>} */
    clearCache: () => change('thumbnails/clear', {}),

    /**
     * Reads every file again.
     * @param {string} folder  only those in and below it; '' for the whole library
     * @returns {Promise<{job_id: string}>}
     */
    rebuildIndex: (folder) => change('db/rebuild_index', { background: true, folder }),

    /** @returns {Promise<{version: string, hash: string}>} */
    version: () => read(url('version'), {}),
  };
}
