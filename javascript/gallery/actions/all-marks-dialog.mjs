import { html, useEffect, useState } from '../vendor/preact/standalone.mjs';
import { LIKE } from '../lib/marks.mjs';
import {
  NOTHING,
  changesOf,
  commonRating,
  cycle,
  isLike,
  keyOf,
  put,
  sentenceOf,
  wantedOf,
} from '../lib/mark-plan.mjs';
import { Button } from '../ui/button.mjs';
import { Dialog, DialogButtons } from '../ui/dialog.mjs';
import { MarkChoice } from '../ui/mark-choice.mjs';
import { Heart, Stars } from '../ui/stars.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/mark-plan.mjs').Counts} Counts */
/** @typedef {import('../lib/mark-plan.mjs').Mark} Mark */
/** @typedef {import('../lib/mark-plan.mjs').Wanted} Wanted */
/** @typedef {import('../ui/mark-choice.mjs').Choice} Choice */
/** @typedef {import('./subject.mjs').Subject} Subject */

/**
 * @typedef {Pick<Parts, 'api'|'marks'|'toasts'|'words'>} Needs
 * @typedef {Needs & {subject: Subject, onClose: () => void}} Props
 * @typedef {Pick<Mark, 'kind'|'name'>} Named
 *
 * @typedef {Object} Loaded
 * @property {string[]} paths  of the files that it is about
 * @property {Counts} counts
 * @property {Mark[]} known  all tags and albums that there are, as suggestions
 */

/** The tag behind the heart, where none of the files has it. @type {Mark} */
const NO_LIKE = { kind: 'tag', id: null, name: LIKE, color: '', count: 0 };
/** @type {Counts} */
const NONE = { total: 0, marks: [], ratings: new Map() };

/**
 * All marks of some files at once; nothing is changed until it is applied.
 * @param {Props} props
 */
export function AllMarksDialog({ api, marks, subject, toasts, words, onClose }) {
  const { t, formats } = words;
  const loaded = useLoaded(api, marks, subject, toasts);
  const [added, setAdded] = useState(/** @type {Named[]} */ ([]));
  const [wanted, setWanted] = useState(/** @type {Wanted} */ (NOTHING));
  const counts = loaded?.counts ?? NONE;
  const { total } = counts;
  const all = withAdded(counts, added, loaded?.known ?? []);
  const changes = loaded ? changesOf(all, wanted) : [];
  const toggle = (/** @type {Mark} */ mark) => setWanted(cycle(mark, total, wanted));
  /** @param {'tag'|'album'} kind @param {string} name */
  const add = (kind, name) => {
    setAdded([...added, { kind, name }]);
    setWanted(put(wanted, { kind, name }, 'all'));
  };
  const like = () => {
    setAdded([...added, NO_LIKE]);
    toggle(all.marks.find(isLike) ?? NO_LIKE);
  };
  const apply = () => {
    if (!loaded || !changes.length) return;
    onClose();
    marks.apply(subject, loaded.paths, changes);
  };
  const pickOf = (/** @type {Mark} */ mark) => ({
    mark,
    state: wantedOf(mark, total, wanted),
    isChanged: changes.some((change) => change.kind !== 'rating' && change.mark === mark),
    count: t('markPlan.some', { number: formats.number(mark.count), total: formats.number(total) }),
  });
  const choice = (/** @type {'tag'|'album'} */ kind) => html`<${MarkChoice}
    t=${t}
    kind=${kind}
    picks=${all.marks.filter((mark) => mark.kind === kind && !isLike(mark)).map(pickOf)}
    names=${(loaded?.known ?? []).flatMap((mark) => (mark.kind === kind ? [mark.name] : []))}
    onToggle=${toggle}
    onAdd=${(/** @type {string} */ name) => add(kind, name)}
  />`;
  const counted = { count: subject.count, number: formats.number(subject.count) };
  const sentence = sentenceOf(changes, t, formats.number) || t('markPlan.nothing');
  return html`<${Dialog}
    title=${t('dialog.marksOf', counted)}
    dismiss=${t('dialog.cancel')}
    kind="is-marks"
    onClose=${onClose}
    onSubmit=${apply}
  >
    <div class="all-marks" aria-busy=${!loaded}>
      ${choice('tag')}
      <${Rating}
        t=${t}
        common=${commonRating(counts)}
        rating=${wanted.rating}
        like=${pickOf(all.marks.find(isLike) ?? NO_LIKE)}
        onRate=${(/** @type {number|null} */ rating) => setWanted({ ...wanted, rating })}
        onLike=${like}
      />
      ${choice('album')}
    </div>
    <p class="all-marks__plan" role="status">${loaded ? sentence : t('markPlan.counting')}</p>
    <${DialogButtons}>
      <${Button} label=${t('dialog.cancel')} onClick=${onClose} />
      <${Button}
        label=${t('dialog.apply')}
        kind="is-primary"
        submit=${true}
        disabled=${!changes.length}
      />
    <//>
  <//>`;
}

/**
 * The counts with what the user adds, each once, also where it was added before the counts came.
 * @param {Counts} counts
 * @param {Named[]} added
 * @param {Mark[]} known
 * @returns {Counts}
 */
function withAdded(counts, added, known) {
  const marks = new Map(counts.marks.map((mark) => [keyOf(mark), mark]));
  for (const named of added) {
    const key = keyOf(named);
    const there = known.find((mark) => keyOf(mark) === key);
    if (!marks.has(key))
      marks.set(key, there ?? { ...NO_LIKE, kind: named.kind, name: named.name });
  }
  return { ...counts, marks: [...marks.values()] };
}

/**
 * Stars and heart; a rating that differs, and is not touched, stays as it is.
 * @param {{t: Parts['words']['t'], common: number|null, rating: number|null, like: Choice,
 *   onRate: (rating: number|null) => void, onLike: () => void}} props
 */
function Rating({ t, common, rating, like, onRate, onLike }) {
  const keep = html`<button type="button" class="link" onClick=${() => onRate(null)}>
    ${t('markPlan.keep')}
  </button>`;
  const hint = rating === null ? common === null && t('markPlan.mixed') : keep;
  return html`<section class="all-marks__part" aria-label=${t('marks.rating')}>
    <h3>${t('marks.rating')}</h3>
    <div class="all-marks__row">
      <${Stars} t=${t} rating=${rating ?? common ?? 0} onRate=${onRate} />
      <small>${hint}</small>
      <span class="all-marks__like">
        <${Heart}
          label=${t('action.like')}
          liked=${like.state === 'some' ? 'mixed' : like.state === 'all'}
          onLike=${onLike}
        />
        ${like.state === 'some' && html`<small>${like.count}</small>`}
      </span>
    </div>
  </section>`;
}

/**
 * What the files have, and what there is; null while that is on its way.
 * @param {Parts['api']} api
 * @param {Parts['marks']} marks
 * @param {Subject} subject
 * @param {Parts['toasts']} toasts
 */
function useLoaded(api, marks, subject, toasts) {
  const [loaded, setLoaded] = useState(/** @type {Loaded|null} */ (null));
  useEffect(() => {
    const fail = (/** @type {unknown} */ error) => toasts.fail(error);
    load(api, marks, subject).then(setLoaded, fail);
  }, []);
  return loaded;
}

/**
 * @param {Parts['api']} api
 * @param {Parts['marks']} marks
 * @param {Subject} subject
 * @returns {Promise<Loaded>}
 */
async function load(api, marks, subject) {
  const found = Promise.all([api.customTags(), api.albums()]);
  const paths = await subject.paths();
  const [counts, [tags, albums]] = await Promise.all([marks.count(paths), found]);
  /** @type {Mark[]} */
  const known = [
    ...tags
      .filter(({ name }) => name !== LIKE)
      .map(({ id, name, color }) => ({ ...NO_LIKE, id, name, color })),
    ...albums.map(({ id, name }) => ({
      ...NO_LIKE,
      kind: /** @type {const} */ ('album'),
      id,
      name,
    })),
  ];
  return { paths, counts, known };
}
