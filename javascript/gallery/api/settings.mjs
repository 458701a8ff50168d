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

    /** @param {Record<string, string>} values  of language models, by name */
    changeAISettings: (values) => change('ai/settings', values),

    /** @returns {Promise<{model: string, dimensions: number}>} */
    testAI: () => change('ai/test', {}),

    /** @returns {Promise<{files: number, bytes: number}>} */
    cacheSize: () => read(url('thumbnails/cache'), {}),

    /** @returns {Promise<{removed: number, bytes: number}>} */
    clearCache: () => change('thumbnails/clear', {}),

    /** Reads every file of the library again. @returns {Promise<{job_id: string}>} */
    rebuildIndex: () => change('db/rebuild_index', { background: true }),

    /** @returns {Promise<{version: string, hash: string}>} */
    version: () => read(url('version'), {}),
  };
}
