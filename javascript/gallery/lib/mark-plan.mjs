/**
 * What is going to change in the marks of some files: which of them have each tag, album and rating
 * now, what the user wants, and the difference in words.
 *
 * @typedef {'all'|'some'|'none'} State
 * @typedef {{kind: 'tag'|'album', id: number|null, name: string, color: string, count: number}} Mark
 *   ``id`` null: it is new; ``count``: files that have it
 *
 * How many files have each mark; files without a rating have the rating 0.
 * @typedef {{total: number, marks: Mark[], ratings: Map<number, number>}} Counts
 *
 * What the user touched; ``states`` by ``keyOf``.
 * @typedef {{states: Record<string, State>, rating: number|null}} Wanted
 *
 * @typedef {{kind: 'tag'|'album', action: 'add'|'remove', mark: Mark, count: number}} MarkChange
 * @typedef {{kind: 'rating', rating: number, count: number}} RatingChange
 * @typedef {MarkChange|RatingChange} Change  ``count``: files that it changes
 */

import { LIKE } from './marks.mjs';

/** @type {Wanted} */
export const NOTHING = { states: {}, rating: null };
/** What is said of each change. */
const TEXTS = {
  tag: { add: 'markPlan.tag.add', remove: 'markPlan.tag.remove' },
  album: { add: 'markPlan.album.add', remove: 'markPlan.album.remove' },
};
/** @type {Record<State, State>} */
const NEXT = { some: 'all', all: 'none', none: 'some' };

/**
 * The counts over files of which the server knows these marks; the others have none.
 * @param {import('./types.mjs').Marks[]} all
 * @param {number} total
 * @returns {Counts}
 */
export function countMarks(all, total) {
  /** @type {Map<string, Mark>} */
  const found = new Map();
  /** @type {Map<number, number>} */
  const ratings = new Map([[0, total - all.length]]);
  /** @param {Omit<Mark, 'count'>} mark */
  const count = (mark) => {
    const before = found.get(keyOf(mark))?.count ?? 0;
    found.set(keyOf(mark), { ...mark, count: before + 1 });
  };
  for (const { albums, rating, tags } of all) {
    for (const tag of tags) count({ kind: 'tag', ...tag });
    for (const album of albums) count({ kind: 'album', color: '', ...album });
    ratings.set(rating, (ratings.get(rating) ?? 0) + 1);
  }
  const marks = [...found.values()].sort((a, b) => a.name.localeCompare(b.name));
  return { total, marks, ratings };
}

/** @param {Pick<Mark, 'kind'|'name'>} mark */
export function keyOf({ kind, name }) {
  return `${kind} ${name.toLowerCase()}`;
}

/**
 * Which of the files have a mark now.
 * @param {Mark} mark
 * @param {number} total
 * @returns {State}
 */
export function stateOf({ count }, total) {
  if (!count) return 'none';
  return count < total ? 'some' : 'all';
}

/**
 * Which of the files are to have a mark.
 * @param {Mark} mark
 * @param {number} total
 * @param {Wanted} wanted
 */
export function wantedOf(mark, total, wanted) {
  return wanted.states[keyOf(mark)] ?? stateOf(mark, total);
}

/**
 * What is wanted after a click on a mark: of some files first all, then none, then some again.
 * @param {Mark} mark
 * @param {number} total
 * @param {Wanted} wanted
 * @returns {Wanted}
 */
export function cycle(mark, total, wanted) {
  const next = NEXT[wantedOf(mark, total, wanted)];
  const isMixed = stateOf(mark, total) === 'some';
  return put(wanted, mark, next === 'some' && !isMixed ? 'all' : next);
}

/**
 * @param {Wanted} wanted
 * @param {Pick<Mark, 'kind'|'name'>} mark
 * @param {State} state
 * @returns {Wanted}
 */
export function put(wanted, mark, state) {
  return { ...wanted, states: { ...wanted.states, [keyOf(mark)]: state } };
}

/**
 * The rating that all of the files have; null where they differ.
 * @param {Counts} counts
 */
export function commonRating({ ratings, total }) {
  for (const [rating, count] of ratings) if (count === total) return rating;
  return null;
}

/**
 * What has to be changed; what the user did not touch stays.
 * @param {Counts} counts
 * @param {Wanted} wanted
 * @returns {Change[]}
 */
export function changesOf({ marks, ratings, total }, wanted) {
  const changed = marks.filter((mark) => wantedOf(mark, total, wanted) !== stateOf(mark, total));
  /** @type {Change[]} */
  const changes = changed.map((mark) =>
    wantedOf(mark, total, wanted) === 'all'
      ? { kind: mark.kind, action: 'add', mark, count: total - mark.count }
      : { kind: mark.kind, action: 'remove', mark, count: mark.count },
  );
  const { rating } = wanted;
  const count = rating === null ? 0 : total - (ratings.get(rating) ?? 0);
  return rating === null || !count ? changes : [...changes, { kind: 'rating', rating, count }];
}

/**
 * The changes in one line, tags first.
 * @param {Change[]} changes
 * @param {import('./i18n.mjs').Translate} t
 * @param {(count: number) => string} number
 */
export function sentenceOf(changes, t, number) {
  const order = ['tag', 'rating', 'album'];
  const sorted = [...changes].sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
  const text = (/** @type {Change} */ change) => {
    const counted = { count: change.count, number: number(change.count) };
    if (change.kind !== 'rating') {
      const name = isLike(change.mark) ? t('action.like') : change.mark.name;
      return t(TEXTS[change.kind][change.action], { ...counted, name });
    }
    const stars = t('marks.stars', { count: change.rating });
    return t(change.rating ? 'markPlan.rate' : 'markPlan.unrate', { ...counted, stars });
  };
  return sorted.map(text).join(t('markPlan.between'));
}

/** Whether it is the tag behind the heart. @param {Mark} mark */
export function isLike({ kind, name }) {
  return kind === 'tag' && name === LIKE;
}
