import { json } from './transport.mjs';

/** @typedef {import('./transport.mjs').Transport} Transport */
/** @typedef {import('./operations.mjs').About} About */
/** @typedef {import('./operations.mjs').Failure} Failure */
/** @typedef {{change_id: string}} Change  what can be undone */
/** @typedef {Change & {updated: number, errors: Failure[]}} Updated */

/**
 * Ratings, tags and albums.
 * @param {Transport} transport
 */
export function marksApi({ url, read, readOnce, change }) {
  return {
    /**
     * What the user put onto files, by path.
     * @param {string[]} paths
     * @param {AbortSignal} [signal]
     * @returns {Promise<Record<string, import('../lib/types.mjs').Marks>>}
     */
    marks: async (paths, signal) =>
      (await read(url('db/marks'), { ...json({ paths }), signal })).marks,

    /**
     * @param {About} about
     * @param {number} rating  1 to 5, 0 for none
     * @returns {Promise<Updated>}
     */
    rate: (about, rating) => change('db/rate', { ...asImages(about), rating, undoable: true }),

    /**
     * Tags whose name contains a text, most used first.
     * @param {{query: string, category?: string, limit: number}} what
     * @param {AbortSignal} [signal]
     * @returns {Promise<import('../lib/types.mjs').Tag[]>}
     */
    tags: async ({ query, category = '', limit }, signal) => {
      const { tags } = await readOnce(url('db/tags', { query, category, limit: String(limit) }), {
        signal,
      });
      return tags;
    },

    /** @returns {Promise<import('../lib/types.mjs').TagInfo[]>} */
    customTags: async () =>
      (await read(url('db/tags', { category: 'custom', limit: '1000' }), {})).tags,

    /**
     * Makes a tag, or answers the one of this name.
     * @param {string} name
     * @returns {Promise<import('../lib/types.mjs').TagInfo>}
     */
    addTag: (name) => change('db/add_custom_tag', { tag_name: name }),

    /** @returns {Promise<import('../lib/tag-tree.mjs').TagNode[]>} */
    tagTree: async () => (await read(url('db/tag_tree'), {})).tags,

    /** @param {{id: number, name: string}[]} tags  with their new names */
    renameTags: (tags) => change('db/rename_custom_tags', { tags }),

    /**
     * @param {number} id
     * @param {{color: string}} how
     */
    changeTag: (id, how) => change('db/update_tag', { id, ...how }),

    /**
     * @param {number[]} ids
     * @param {number} into  the tag that takes their place
     * @returns {Promise<Change>}
     */
    mergeTags: (ids, into) =>
      change('db/merge_custom_tags', { tag_ids: ids, into_id: into, undoable: true }),

    /**
     * @param {number} id
     * @param {boolean} [undoable]
     * @returns {Promise<Change>}
     */
    removeTag: (id, undoable = true) => change('db/remove_custom_tag', { tag_id: id, undoable }),

    /**
     * @param {About} about
     * @param {number} tag
     * @param {'add'|'remove'} action
     * @returns {Promise<Updated>}
     */
    tag: (about, tag, action) =>
      change('db/batch_update_image_tag', {
        ...asImages(about),
        tag_id: tag,
        action,
        undoable: true,
      }),

    /** @returns {Promise<import('../lib/types.mjs').AlbumInfo[]>} */
    albums: async () => (await read(url('albums'), {})).albums,

    /**
     * @param {string} name
     * @returns {Promise<import('../lib/types.mjs').AlbumInfo>}
     */
    addAlbum: (name) => change('albums', { name }),

    /**
     * @param {number} id
     * @param {string} name
     */
    renameAlbum: (id, name) => change('albums/rename', { id, name }),

    /**
     * @param {number} id
     * @param {boolean} [undoable]
     * @returns {Promise<Change>}
     */
    removeAlbum: (id, undoable = true) => change('albums/delete', { id, undoable }),

    /**
     * @param {number} id
     * @param {string} path
     * @param {string|null} after  the file that it stands behind; null: it is the first
     */
    reorderAlbum: (id, path, after) =>
      change('albums/reorder', {
        id,
        img_paths: [path],
        ...(after !== null && { after_path: after }),
      }),

    /**
     * @param {About} about
     * @param {number} album
     * @param {'add'|'remove'} action
     * @returns {Promise<Updated>}
     */
    album: (about, album, action) =>
      change(`albums/${action}`, { ...asImages(about), id: album, undoable: true }),

    /**
     * The changes that can be undone, newest first.
     * @param {{user?: string}} which  user: who made them
     * @returns {Promise<import('../lib/types.mjs').MarkChange[]>}
     */
    markChanges: async (which) => (await read(url('db/mark_changes', which), {})).changes,

    /**
     * @param {string} id  of a change: what it changed is as before
     * @returns {Promise<{updated: number}>}
     */
    undoMarks: (id) => change('db/undo_marks', { change_id: id }),
  };
}

/**
 * The same with the field name of the routes of marks.
 * @param {About} about
 */
function asImages(about) {
  return 'file_paths' in about ? { img_paths: about.file_paths } : about;
}
