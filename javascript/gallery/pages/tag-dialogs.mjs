import {
  html,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from '../vendor/preact/standalone.mjs';
import { COLOURS, LIKE } from '../lib/marks.mjs';
import { Button } from '../ui/button.mjs';
import { Dialog, DialogButtons } from '../ui/dialog.mjs';
import { valueOf } from '../ui/events.mjs';
import { Icon } from '../ui/icons.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/types.mjs').TagInfo} TagInfo */
/** @typedef {Pick<Parts, 'api'|'tagActions'|'toasts'|'words'>} Needs */
/** @typedef {Needs & {tag: TagInfo, onClose: () => void}} Props */

/**
 * The colour of a tag; a click is the choice.
 * @param {Props} props
 */
export function ColourDialog({ tag, tagActions, words: { t }, onClose }) {
  const choose = (/** @type {string} */ color) => {
    onClose();
    if (color !== tag.color) tagActions.colour(tag, color);
  };
  const one = (/** @type {[string, string]} */ [name, color]) => html`<button
    key=${name}
    type="button"
    class="swatch"
    aria-label=${t(`colour.${name}`)}
    title=${t(`colour.${name}`)}
    aria-pressed=${color === tag.color}
    onClick=${() => choose(color)}
  >
    <span style=${color ? { background: color } : {}}><${Icon} name=${color ? 'check' : 'x'} /></span>
  </button>`;
  const colours = /** @type {[string, string][]} */ ([['none', ''], ...Object.entries(COLOURS)]);
  const title = t('tag.colour.of', { name: tag.name });
  return html`<${Dialog} title=${title} dismiss=${t('dialog.close')} onClose=${onClose}>
    <div class="swatches">${colours.map(one)}</div>
  <//>`;
}

/**
 * The tag that takes the place of another one.
 * @param {Props} props
 */
export function MergeDialog({ api, tag, tagActions, toasts, words, onClose }) {
  const { t, formats } = words;
  const field = useRef(/** @type {HTMLInputElement|null} */ (null));
  const [tags, setTags] = useState(/** @type {TagInfo[]} */ ([]));
  const [text, setText] = useState('');
  const [into, setInto] = useState(/** @type {TagInfo|null} */ (null));
  useEffect(() => {
    const isOther = (/** @type {TagInfo} */ { id, name }) => id !== tag.id && name !== LIKE;
    api.customTags().then(
      (found) => setTags(found.filter(isOther)),
      (error) => toasts.fail(error),
    );
  }, []);
  useLayoutEffect(() => field.current?.focus(), []);
  const shown = tags.filter(({ name }) => name.toLowerCase().includes(text.trim().toLowerCase()));
  const merge = () => {
    if (!into) return;
    onClose();
    tagActions.merge(tag, into);
  };
  const row = (/** @type {TagInfo} */ one) => html`<button
    key=${one.id}
    type="button"
    class="picks__row"
    role="radio"
    aria-checked=${one.id === into?.id}
    onClick=${() => setInto(one)}
  >
    <span class="picks__box"><${Icon} name="check" /></span>
    <span class="picks__name">
      ${one.color && html`<i style=${{ background: one.color }}></i>`}${one.name}
    </span>
    <small>${formats.number(one.count)}</small>
  </button>`;
  const title = t('tag.merge.of', { name: tag.name });
  const label = t('library.tags.filter');
  return html`<${Dialog} title=${title} dismiss=${t('dialog.cancel')} onClose=${onClose} onSubmit=${merge}>
    <p class="dialog__text">${t('tag.merge.text', { name: tag.name })}</p>
    <input
      ref=${field}
      type="text"
      autocomplete="off"
      spellcheck=${false}
      placeholder=${label}
      aria-label=${label}
      value=${text}
      onInput=${(/** @type {Event} */ event) => setText(valueOf(event))}
    />
    <div class="picks" role="radiogroup" aria-label=${t('tag.merge.into')}>${shown.map(row)}</div>
    <${DialogButtons}>
      <${Button} label=${t('dialog.cancel')} onClick=${onClose} />
      <${Button} label=${t('tag.merge.do')} kind="is-primary" submit=${true} disabled=${!into} />
    <//>
  <//>`;
}
