import { parseExact } from '../lib/json.mjs';
import { json, once, statusOf } from './transport.mjs';

/** @typedef {import('./transport.mjs').Transport} Transport */
/** @typedef {import('../lib/types.mjs').FileInfo} FileInfo */
/** @typedef {import('../lib/types.mjs').GenerationInfo} GenerationInfo */

/**
 * Files and folders, and the addresses of what they hold.
 * @param {Transport} transport
 */
export function filesApi({ url, read, readOnce, change }) {
  /**
   * What makes the address of a video's thumbnail another one.
   * @type {Map<string, Record<string, string>>}
   */
  const covers = new Map();

  return {
    /**
     * @param {string} folder
     * @param {boolean} sizes  with the pixels of what the index knows
     * @param {AbortSignal} [signal]
     * @returns {Promise<import('../lib/types.mjs').ListingAnswer>}
     */
    listing: (folder, sizes, signal) =>
      read(url('files/columns', { folder_path: folder, ...(sizes && { sizes: 'true' }) }), {
        signal,
      }),

    /**
     * What folders are directly below one.
     * @param {string} folder
     * @param {AbortSignal} [signal]
     * @returns {Promise<FileInfo[]>}
     */
    folders: async (folder, signal) => {
      const { files } = await readOnce(
        url('files', { folder_path: folder, only_folders: 'true' }),
        { signal },
      );
      return files.filter((/** @type {FileInfo} */ file) => file.type === 'dir');
    },

    /**
     * Facts of files, by path; null for what is no longer there.
     * @param {string[]} paths
     * @returns {Promise<Record<string, FileInfo|null>>}
     */
    facts: (paths) => read(url('batch_get_files_info'), json({ paths })),

    /**
     * @param {string[]} paths
     * @param {AbortSignal} [signal]
     * @returns {Promise<Record<string, GenerationInfo>>}
     */
    generationInfo: async (paths, signal) => {
      const exact = async (/** @type {Response} */ response) => parseExact(await response.text());
      return (await read(url('generation_info'), { ...json({ paths }), signal }, exact)).infos;
    },

    /**
     * Every tag that a file carries, by name.
     * @param {string} path
     * @param {AbortSignal} [signal]
     * @returns {Promise<Record<string, unknown>>}
     */
    exif: (path, signal) => read(url('image_exif', { path }), { signal }),

    /**
     * @param {string} path
     * @param {string} infotext
     * @returns {Promise<{operation_id: string|null}>}
     */
    writeInfotext: (path, infotext) => change('update_exif', { path, exif: infotext }),

    /**
     * Of a broken file nothing comes: an error would be a line of the console for each picture.
     * @param {string} path
     * @param {number} date  changes when the file does, so that a cached answer is never an old picture
     * @param {number} size
     */
    thumbnail: (path, date, size) =>
      url('image-thumbnail', {
        path,
        t: String(date),
        size: `${size}x${size}`,
        unreadable: '204',
        ...covers.get(path),
      }),

    /**
     * Some frames of a video as one moving picture.
     * @param {string} path
     * @param {number} date
     */
    preview: (path, date) => url('video_preview', { path, mt: String(date) }),

    /**
     * Up to four pictures that stand for each folder.
     * @param {string[]} paths
     * @param {AbortSignal} [signal]
     * @returns {Promise<Record<string, FileInfo[]>>}
     */
    covers: (paths, signal) => read(url('batch_top_4_media_info'), { ...json({ paths }), signal }),

    /**
     * Shows a video by this picture from now on.
     * @param {string} path
     * @param {string} picture  a data URL
     */
    setCover: (path, picture) =>
      change('set_target_frame_as_video_cover', { path, base64_img: picture }),

    /** @param {string} path  of a video that has another cover now: the browser would show the one it has */
    outdate: (path) => covers.set(path, { cover: String(Date.now()) }),

    /**
     * @param {string} path
     * @param {number} date
     * @param {string} [download]  name to save the file under
     */
    file: (path, date, download) =>
      url('file', { path, t: String(date), ...(download ? { disposition: download } : {}) }),

    /**
     * The bytes of a file.
     * @param {string} path
     * @param {number} date
     * @returns {Promise<Blob>}
     */
    blob: (path, date) =>
      once(url('file', { path, t: String(date) }), {}, (response) => response.blob()),

    /**
     * The bytes of a picture without what says how it was made.
     * @param {string} path
     * @param {number} date
     * @returns {Promise<Blob>}
     */
    cleanBlob: (path, date) =>
      once(url('file', { path, t: String(date), strip_metadata: 'true' }), {}, (response) =>
        response.blob(),
      ),

    /** How the server answers under an address of ours; 0 where it does not. */
    status: statusOf,

    /** @param {string} path */
    openFolder: (path) => change('open_folder', { path }),
  };
}
