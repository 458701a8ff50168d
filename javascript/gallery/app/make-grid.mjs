import { Grid } from '../grid/grid.mjs';
import { Scrubber } from '../grid/scrubber.mjs';
import { stackedText } from '../lib/stacks.mjs';

/** @typedef {import('../lib/types.mjs').Item} Item */
/** @typedef {import('./parts.mjs').Parts} Parts */

/**
 * The grid of the page, with what it asks for and what follows from it.
 * @param {Parts} parts
 * @param {HTMLElement} host
 */
export function makeGrid(parts, host) {
  const {
    api,
    blur,
    captions,
    covers,
    display,
    earlyPictures,
    marks,
    navigation,
    reconciler,
    selection,
    store,
    viewer,
    words,
  } = parts;
  const { t, formats } = words;
  const grid = new Grid({
    host,
    thumbnail: (item, size) => api.thumbnail(item.path, item.date, size),
    ask: (url) => api.status(url),
    dropEarly: () => earlyPictures.drop(),
    isAway: (item) => reconciler.isAway(item.path),
    preview: (item) => api.preview(item.path, item.date),
    covers,
    detail: (item) => folderDetail(item, covers.count(item.path), words),
    stack: (count) => stackedText({ count, stacks: 1, alone: 0 }, words),
    onActivate: (index, event) => navigation.activate(index, event),
    onCheck: (index, event) => navigation.check(index, event),
    onCheckRange: (range) => selection.toggleRange(range),
    onCurrent: (index) => display.setCurrent(index),
    isClear: (item) => blur.isClear(item),
    marks: (item) => marksOf(marks, item, words),
    line: (item) => lineOf(item, captions.find(item), words),
    onScrollEnd: () => {
      display.keepPlace();
      marks.want(display.grid?.near() ?? []);
      captions.want(display.grid?.near() ?? []);
    },
    headings: {
      day: formats.day,
      month: formats.month,
      select: (name) => t('selection.heading', { name }),
    },
    onView: () => display.scrubber?.update(),
    label: t('view.label'),
    onThumbnail: ({ path }, width, height) => {
      if (!viewer.sizes.has(path)) viewer.sizes.set(path, { width, height, exact: false });
    },
  });
  grid.wanted = store.state.tile;
  grid.below = store.state.below;
  return grid;
}

/**
 * @param {Pick<Parts, 'words'>} parts
 * @param {HTMLElement} host
 * @param {Grid} grid
 */
export function makeScrubber({ words: { t, formats } }, host, grid) {
  return new Scrubber(host, grid, {
    month: formats.shortMonth,
    label: t('timeline.label'),
    sections: t('timeline.sections'),
  });
}

/**
 * @param {Parts['marks']} marks
 * @param {Item} item
 * @param {Parts['words']} words
 */
function marksOf(marks, item, { t }) {
  const { rating, liked } = marks.of(item);
  const texts = [rating ? t('marks.stars', { count: rating }) : '', liked ? t('marks.liked') : ''];
  return { rating, liked, label: texts.filter(Boolean).join(', ') };
}

/**
 * What a list says of a file.
 * @param {Item} item
 * @param {import('../lib/types.mjs').Caption|null} caption
 * @param {Parts['words']} words
 * @returns {import('../grid/tile-line.mjs').Line}
 */
function lineOf({ bytes, date }, caption, { formats }) {
  return {
    prompt: caption?.prompt ?? '',
    model: caption?.model ?? '',
    seed: caption?.seed === null ? '' : String(caption?.seed ?? ''),
    size: formats.bytes(bytes),
    date: formats.shortDateTime(date),
  };
}

/**
 * The second line of a folder's card. Roots have no date of their own, and their path says more.
 * @param {Item} item
 * @param {number|null} count  of its files, where it is known
 * @param {Parts['words']} words
 */
function folderDetail({ date, notMade, online, path }, count, { t, formats }) {
  if (notMade) return t('roots.not-made');
  if (!online) return t('roots.offline');
  if (!(date > 0)) return path;
  return count ? t('summary.files', { count, number: formats.number(count) }) : formats.date(date);
}
