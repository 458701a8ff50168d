import { parseExact } from '../lib/json.mjs';
import { itemOf } from '../lib/pages.mjs';
import { TIME_ZONE } from '../lib/time-zone.mjs';
import { ApiError, isNoRoute, json } from './transport.mjs';

/** @typedef {import('./transport.mjs').Transport} Transport */

/**
 * A search as the server takes it.
 * @typedef {Object} Question
 * @property {string} query
 * @property {string[]} folder_paths
 * @property {string} media_type
 * @property {string} sort
 * @property {string} order
 * @property {number} seed
 * @property {string} tz  time zone of dates
 * @property {string} [stack]  what the files are folded by; without it they are not
 */

/**
 * A search of which the number of files and their days are asked for.
 * @typedef {Object} GrowingSearch
 * @property {number} [first]  this many files come with the answer
 * @property {string} [snapshot]  results found so far, to which more are to be added
 * @property {number} [wait_s]  how long a search for words may look before it answers with what it has found
 * @typedef {Question & GrowingSearch} TimelineQuestion
 */

/**
 * A search of which the values are counted.
 * @typedef {Object} Counting
 * @property {number} limit  values of each facet
 * @property {number} [wait_s]  how long to wait for exact counts
 * @typedef {Pick<Question, 'query'|'folder_paths'|'media_type'|'tz'> & Counting} FacetsQuestion
 */

/** Files that the server tells at once. */
const MOST = 1000;

/**
 * Searching the library.
 * @param {Transport} transport
 */
export function searchApi({ url, read, readOnce, change }) {
  return {
    /**
     * How many files a search finds, by day. A server without an index says 404, at once.
     * @param {TimelineQuestion} question
     * @param {AbortSignal} [signal]
     * @returns {Promise<import('../lib/types.mjs').TimelineAnswer>}
     */
    timeline: async (question, signal) => {
      try {
        return await read(url('db/timeline'), { ...json(question), signal }, undefined, isNoRoute);
      } catch (error) {
        throw error instanceof ApiError && isNoRoute(error)
          ? new ApiError('', 404, error.code)
          : error;
      }
    },

    /**
     * How many files of a search have which model, rating, month ...
     * @param {FacetsQuestion} question
     * @param {AbortSignal} [signal]
     * @returns {Promise<import('../lib/facets.mjs').FacetsAnswer>}
     */
    facets: (question, signal) => read(url('db/facets'), { ...json(question), signal }),

    /**
     * Some files of a timeline, by position.
     * @param {Question & {snapshot: string, offset: number, limit: number}} part
     * @param {AbortSignal} [signal]
     * @returns {Promise<import('../lib/types.mjs').FileColumns>}
     */
    columns: (part, signal) => read(url('db/columns'), { ...json(part), signal }),

    /**
     * All files of a search. Raises ApiError.
     * @param {Question} question
     * @returns {Promise<import('../lib/types.mjs').Item[]>}
     */
    files: async (question) => {
      /** @type {import('../lib/types.mjs').Item[]} */
      const found = [];
      const { snapshot, total } = await read(url('db/timeline'), json({ ...question, wait_s: 30 }));
      while (found.length < total) {
        const part = { ...question, snapshot, offset: found.length, limit: MOST };
        const columns = await read(url('db/columns'), json(part));
        if (!columns.id.length) break;
        found.push(
          ...columns.id.map((/** @type {number} */ _, /** @type {number} */ row) =>
            itemOf(columns, row),
          ),
        );
      }
      return found.filter(({ is }) => is === 'known');
    },

    /**
     * Makes a file the cover of its stack, or no longer.
     * @param {string} path
     * @param {import('../lib/types.mjs').StackKind} stack
     * @param {boolean} chosen
     */
    chooseStackCover: (path, stack, chosen) => change('db/stack_cover', { path, stack, chosen }),

    /**
     * What the last word of a text could become.
     * @param {string} text  what stands in front of the caret
     * @param {number} limit
     * @param {AbortSignal} [signal]
     * @returns {Promise<{kind: string, name: string, count: number, term: string, text: string}[]>}
     */
    suggest: async (text, limit, signal) => {
      const answer = await readOnce(url('db/suggest', { text, limit: String(limit) }), { signal });
      return answer.suggestions;
    },

    /**
     * How many files a search in a folder finds, null: everywhere; 10,000 stands for more.
     * @param {Pick<import('../lib/saved.mjs').Saved, 'query'|'folder'>} place
     * @returns {Promise<{total: number}>}
     */
    countFiles: ({ query, folder }) => {
      const folders = folder === null ? [] : [folder];
      const search = { query, folder_paths: folders, size: 1, total: 'bounded', tz: TIME_ZONE };
      return readOnce(url('db/search'), json(search));
    },

    /**
     * The start of the prompt, the model and the seed of files, by path, as far as they are indexed.
     * @param {string[]} paths
     * @param {AbortSignal} [signal]
     * @returns {Promise<Record<string, import('../lib/types.mjs').Caption>>}
     */
    captions: async (paths, signal) => {
      const exact = async (/** @type {Response} */ response) => parseExact(await response.text());
      return (await read(url('db/captions'), { ...json({ paths }), signal }, exact)).captions;
    },

    /**
     * Those of some files that are shown blurred.
     * @param {string[]} paths
     * @returns {Promise<string[]>}
     */
    blurred: async (paths) => (await readOnce(url('db/blurred'), json({ paths }))).blurred,

    /**
     * Disk space by folder and prompt words of what a search finds.
     * @param {{query: string, tz: string}} search
     * @returns {Promise<import('../lib/types.mjs').SearchFigures>}
     */
    figures: (search) => read(url('db/stats'), json(search)),
  };
}
