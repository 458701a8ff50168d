import { html } from '../vendor/preact/standalone.mjs';
import { hrefOf, searchHref } from '../browser/address.mjs';
import { byDay, entriesOf, hasMachines, partsOf, peopleOf } from '../lib/history.mjs';
import { folderOf } from '../lib/paths.mjs';
import { fieldTerm } from '../lib/query.mjs';
import { HOME } from '../lib/router.mjs';
import { Button } from '../ui/button.mjs';
import { Icon } from '../ui/icons.mjs';
import { Notice } from '../ui/notice.mjs';
import { change } from './changing.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/history.mjs').Entry} Entry */
/** @typedef {import('../lib/history.mjs').HistoryDay} HistoryDay */
/** @typedef {{entries: Entry[], people: string[], showsMachines: boolean}} Data */
/** @typedef {Pick<Parts, 'api'|'fileOperations'|'marks'|'navigation'|'page'>} Acting */
/** @typedef {Acting & Pick<Parts, 'store'|'toasts'|'undo'|'words'>} Needs */

/** Operations that are listed. */
const MOST = 200;
const TOLD = ['undone', 'failed', 'running'];

/**
 * @param {Parts['api']} api
 * @param {string} user  '' for everyone
 * @returns {Promise<Data>}
 */
export async function loadHistory(api, user) {
  const ask = async (/** @type {{user?: string}} */ who) => {
    const [operations, changes] = await Promise.all([
      api.operations({ limit: MOST, ...who }),
      api.markChanges(who),
    ]);
    return entriesOf(operations, changes, MOST);
  };
  const [all, entries] = await Promise.all([ask({}), user ? ask({ user }) : null]);
  return { entries: entries ?? all, people: peopleOf(all), showsMachines: hasMachines(all) };
}

/**
 * What was done to files and their marks, the last thing first; most of it can be undone.
 * @param {Needs & {data: Data}} props
 */
export function History({ data, ...props }) {
  const { navigation, store, words } = props;
  const { entries, people } = data;
  const { t } = words;
  const { user } = store.state;
  const choice = html`<${People} ...${{ navigation, people, user, words }} />`;
  const nothing = html`<${Notice}
    icon="history"
    title=${t('history.empty')}
    text=${t('history.empty.text')}
  />`;
  const day = (/** @type {HistoryDay} */ one) =>
    html`<${Day} key=${one.start} ...${props} day=${one} showsMachines=${data.showsMachines} />`;
  return html`${(people.length > 0 || user) && choice}
    ${entries.length ? byDay(entries).map(day) : nothing}`;
}

/**
 * Whose changes are shown.
 * @param {Pick<Parts, 'navigation'|'words'> & {people: string[], user: string}} props
 */
function People({ navigation, people, user, words: { t } }) {
  const names = !user || people.includes(user) ? people : [...people, user];
  const choose = (/** @type {Event} */ event) => {
    const { value } = /** @type {HTMLSelectElement} */ (event.target);
    navigation.go({ ...HOME, view: 'history', user: value });
  };
  const option = (/** @type {string} */ name) =>
    html`<option key=${name} value=${name} selected=${name === user}>${name}</option>`;
  return html`<div class="page__head">
    <select class="select" aria-label=${t('history.person')} value=${user} onChange=${choose}>
      <option value="">${t('history.everyone')}</option>
      ${names.map(option)}
    </select>
  </div>`;
}

/** @param {Needs & {day: HistoryDay, showsMachines: boolean}} props */
function Day({ day: { entries, start }, ...props }) {
  const { t, formats } = props.words;
  const row = (/** @type {Entry} */ one) => html`<${Row} key=${one.id} ...${props} entry=${one} />`;
  return html`<section class="page__part">
    <h2>${start === null ? t('history.earlier') : formats.fullDay(start)}</h2>
    <ul class="history">${entries.map(row)}</ul>
  </section>`;
}

/** @param {Needs & {entry: Entry, showsMachines: boolean}} props */
function Row({ entry, showsMachines, ...props }) {
  const { icon, id, isOfMarks, count, machine, message, state, time, undoable } = entry;
  const { store, words } = props;
  const { t, formats } = words;
  const undoFiles = async () => {
    await props.fileOperations.undo(id, count);
    await props.page.refresh();
  };
  const undoMarks = () =>
    change(props, async () => {
      props.undo.remove(`marks ${id}`);
      const { updated } = await props.api.undoMarks(id);
      const counted = { count: updated, number: formats.number(updated) };
      props.toasts.show(t('history.undo', counted));
    });
  const button = html`<${Button}
    label=${t('action.undo')}
    icon="undo-2"
    kind="is-quiet"
    onClick=${isOfMarks ? undoMarks : undoFiles}
  />`;
  const stateText = TOLD.includes(state) ? t(`history.state.${state}`) : '';
  const facts = [stateText, showsMachines ? machine : '', detailOf(entry)].filter(Boolean);
  const fact = (/** @type {unknown} */ one) => html`<span>${one}</span>`;
  return html`<li>
    <${Icon} name=${icon} />
    <div>
      <p>${sentenceOf(entry, words)}</p>
      <p class="history__detail">
        ${time > 0 && html`<time>${formats.time(time)}</time>`}${facts.map(fact)}
      </p>
      ${message && html`<p class="history__detail">${message}</p>`}
    </div>
    ${undoable && !store.state.readOnly && button}
  </li>`;
}

/**
 * What was done, and by whom where that is known: "Anna moved 12 files to landscapes".
 * @param {Entry} entry
 * @param {Parts['words']} words
 */
function sentenceOf(entry, { t, formats }) {
  const { count, name, rating, summary, user, what } = entry;
  if (!what) return [user, summary].filter(Boolean).join(': ');
  const stars = t('action.ratedOne', { count: rating });
  const counted = { count, number: formats.number(count), stars };
  const key = user ? `history.by.${what}` : `history.${what}`;
  const write = (/** @type {Record<string, string>} */ named) => t(key, { ...counted, ...named });
  const href = hrefToName(entry);
  return partsOf(write, { name, user }).map(({ text, field }) => {
    if (!field) return text;
    return field === 'name' && href ? html`<a href=${href}>${text}</a>` : html`<b>${text}</b>`;
  });
}

/**
 * The path that an entry is about; it leads there where the sentence has no name that does.
 * @param {Entry} entry
 */
function detailOf({ detail, name, place }) {
  return place && !name ? html`<a href=${hrefToPlace(place)}>${detail}</a>` : detail;
}

/**
 * Where the name in the sentence leads: to a folder, or to what has the tag or is in the album.
 * @param {Entry} entry
 */
function hrefToName({ name, place, what }) {
  if (place) return hrefToPlace(place);
  if (what === 'inAlbum' || what === 'outOfAlbum')
    return searchHref(fieldTerm('album', name), 'album');
  return what === 'tagged' || what === 'untagged' ? searchHref(fieldTerm('tag', name)) : '';
}

/** @param {import('../lib/history.mjs').Where} place */
function hrefToPlace({ path, isFile }) {
  return hrefOf({ ...HOME, view: 'folders', folder: isFile ? folderOf(path) : path });
}
