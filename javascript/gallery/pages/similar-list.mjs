import { FolderList } from '../folders/folder-list.mjs';
import { toColumns } from '../lib/columns.mjs';

/** @typedef {import('../api/meaning.mjs').NearestAnswer} NearestAnswer */

/** Files in the order of their similarity, each with it. */
export class SimilarList extends FolderList {
  /**
   * @param {NearestAnswer} answer
   * @param {import('../lib/types.mjs').Media} media
   */
  constructor({ files, results }, media) {
    super(toColumns(files), { sort: 'date', order: 'desc', media, roots: null, byPath: true });
    /** @type {Map<string, number>} */
    this.scores = new Map(results.map(({ path, score }) => [path, score]));
    this.shown = this.shown.sort();
    /** @type {FolderList['sections']} */
    this.sections = [];
  }

  /** @param {number} index */
  at(index) {
    const item = super.at(index);
    return { ...item, similarity: this.scores.get(item.path) };
  }
}
