import { html, useState } from '../vendor/preact/standalone.mjs';
import { valueOf } from './events.mjs';
import { Icon } from './icons.mjs';

/** @typedef {import('../lib/i18n.mjs').Translate} Translate */
/** @typedef {import('../lib/mark-plan.mjs').Mark} Mark */
/** @typedef {import('../lib/mark-plan.mjs').State} State */

/**
 * A tag or an album: which of the files are to have it, and how many have it now.
 * @typedef {{mark: Mark, state: State, isChanged: boolean, count: string}} Choice
 *
 * @typedef {Object} MarkChoiceProps
 * @property {Translate} t
 * @property {'tag'|'album'} kind
 * @property {Choice[]} picks
 * @property {string[]} names  that can be added
 * @property {(mark: Mark) => void} onToggle
 * @property {(name: string) => void} onAdd
 */

const CHECKED = { all: 'true', some: 'mixed', none: 'false' };
const ICONS = { all: 'check', some: 'minus', none: 'x' };
const TEXTS = {
  tag: { title: 'view.tags', hint: 'dialog.tagHint' },
  album: { title: 'view.albums', hint: 'dialog.albumHint' },
};

/**
 * Tags or albums of several files as chips, and a field that adds one. Enter in the field adds what is
 * typed; where nothing is, it is that of the form.
 * @param {MarkChoiceProps} props
 */
export function MarkChoice({ t, kind, picks, names, onToggle, onAdd }) {
  const [text, setText] = useState('');
  const { title, hint } = TEXTS[kind];
  const list = `mark-choice-${kind}`;
  /** @param {KeyboardEvent} event */
  const onKey = (event) => {
    if (event.key !== 'Enter' || event.isComposing || !text.trim()) return;
    event.preventDefault();
    onAdd(text.trim());
    setText('');
  };
  return html`<section class="all-marks__part" aria-label=${t(title)}>
    <h3>${t(title)}</h3>
    <input
      type="text"
      autocomplete="off"
      spellcheck=${false}
      maxlength="200"
      autofocus=${kind === 'tag'}
      placeholder=${t(hint)}
      aria-label=${t(hint)}
      list=${list}
      value=${text}
      onInput=${(/** @type {Event} */ event) => setText(valueOf(event))}
      onKeyDown=${onKey}
    />
    <datalist id=${list}>${names.map((name) => html`<option key=${name} value=${name} />`)}</datalist>
    <div class="chips">
      ${picks.map((pick) => html`<${Chip} key=${pick.mark.name} pick=${pick} onToggle=${onToggle} />`)}
    </div>
  </section>`;
}

/** @param {{pick: Choice, onToggle: (mark: Mark) => void}} props */
function Chip({ pick: { count, isChanged, mark, state }, onToggle }) {
  const { color, name } = mark;
  return html`<button
    type="button"
    class=${`chip is-choice ${isChanged ? 'is-changed' : ''}`}
    role="checkbox"
    aria-checked=${CHECKED[state]}
    onClick=${() => onToggle(mark)}
  >
    <${Icon} name=${ICONS[state]} />
    <span>${color && html`<i style=${{ background: color }}></i>`}${name}</span>
    ${state === 'some' && html`<small>${count}</small>`}
  </button>`;
}
