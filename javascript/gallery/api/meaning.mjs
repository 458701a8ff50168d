import { json } from './transport.mjs';

/** @typedef {import('./transport.mjs').Transport} Transport */
/** @typedef {import('../lib/types.mjs').FileInfo} FileInfo */

/**
 * @typedef {{path: string, score: number}} Scored
 *
 * @typedef {Object} NearestAnswer  files, most similar first, and how similar each is
 * @property {Scored[]} results
 * @property {FileInfo[]} files  in the same order
 * @property {number} count  how many prompts or files were compared
 * @property {string} model
 * @property {boolean} complete  false: some are not compared yet
 * @property {string} job_id  of the job that reads them; '' where there is none
 */

/**
 * @typedef {Object} SentenceModel  a model that compares the meaning of prompts
 * @property {string} name
 * @property {string} languages
 * @property {string} licence
 * @property {'missing'|'downloadable'|'loading'|'ready'|'damaged'} state
 * @property {string} reason
 * @property {number} size_bytes
 * @property {string} sha256
 *
 * @typedef {Object} ModelDownload  the download that was started last, in bytes
 * @property {string} job_id
 * @property {string} name
 * @property {string} status
 * @property {number} done
 * @property {number} total
 * @property {string} error
 *
 * @typedef {Object} SentenceModels
 * @property {SentenceModel[]} sentence_models
 * @property {string} embedding_model  the one that searches by meaning by default
 * @property {ModelDownload|null} download
 */

/** Files that are shown: what is behind has little in common with what was asked for. */
const MOST = 300;

/**
 * Files by similarity: to words, to the prompt of a file, to its look, to what it shows.
 * @param {Transport} transport
 */
export function meaningApi({ url, read }) {
  return {
    /** @returns {Promise<SentenceModels>} */
    sentenceModels: () => read(url('ai/models'), {}),

    /** @param {string} name */
    downloadSentenceModel: (name) => read(url('ai/models/download'), json({ name })),

    /** @param {string} jobId */
    cancelSentenceModel: (jobId) => read(url('ai/models/download/cancel'), json({ job_id: jobId })),

    /**
     * Files whose prompts mean what a text says.
     * @param {{query: string, folders: string[], reads: boolean}} question  reads: new prompts are read first
     * @param {AbortSignal} [signal]
     * @returns {Promise<NearestAnswer>}
     */
    findByMeaning: ({ query, folders, reads }, signal) => {
      const body = { query, folder_paths: folders, top_k: MOST, ensure_embed: reads };
      return read(url('db/search_iib_output_by_prompt'), { ...json(body), signal });
    },

    /**
     * Files that show what a text says.
     * @param {{query: string, folders: string[]}} question
     * @param {AbortSignal} [signal]
     * @returns {Promise<NearestAnswer>}
     */
    findByContent: ({ query, folders }, signal) => {
      const body = { query, folder_paths: folders, top_k: MOST };
      return read(url('vision/search'), { ...json(body), signal });
    },

    /**
     * Files that show the same as a picture of the user's.
     * @param {Blob} picture
     * @param {AbortSignal} [signal]
     * @returns {Promise<NearestAnswer>}
     */
    findByPicture: (picture, signal) => {
      const headers = { 'Content-Type': picture.type || 'image/png' };
      const target = url('vision/similar', { top_k: String(MOST) });
      return read(target, { method: 'POST', headers, body: picture, signal });
    },

    /**
     * Files that are similar to one.
     * @param {{path: string, by: import('../lib/types.mjs').By}} question
     * @param {AbortSignal} [signal]
     * @returns {Promise<NearestAnswer>}
     */
    findSimilar: ({ path, by }, signal) =>
      read(url('db/similar'), { ...json({ path, by, top_k: MOST }), signal }),

    /**
     * The graph of topics and their keywords; topics are found first where there are none.
     * @param {string} lang
     * @returns {Promise<import('../lib/graph-layout.mjs').Graph>}
     */
    tagGraph: (lang) => read(url('db/cluster_tag_graph'), json({ folder_paths: [], lang })),

    /**
     * The files of a topic of the graph.
     * @param {string} key  of the topics
     * @param {string} id
     * @returns {Promise<{paths: string[]}>}
     */
    topicPaths: (key, id) =>
      read(
        url('db/cluster_tag_graph_cluster_paths'),
        json({ topic_cluster_cache_key: key, cluster_id: id }),
      ),
  };
}
