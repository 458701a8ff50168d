import { html, useState } from '../vendor/preact/standalone.mjs';
import { bound } from '../lib/keys.mjs';
import { Button } from '../ui/button.mjs';
import { valueOf } from '../ui/events.mjs';
import { keyOf } from '../ui/key-words.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */

/**
 * Which pictures are blurred: terms of the search, one a line.
 * @param {Pick<Parts, 'settingsActions'|'store'|'words'>} props
 */
export function BlurTerms({ settingsActions, store, words: { t } }) {
  const { blurTerms, ownKeys, readOnly } = store.state;
  const before = blurTerms.join('\n');
  const [text, setText] = useState(before);
  const terms = text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  const save = html`<${Button}
    label=${t('dialog.save')}
    disabled=${terms.join('\n') === before}
    onClick=${() => settingsActions.blur(terms)}
  />`;
  return html`<textarea
      class="settings__text blur-terms"
      rows="4"
      spellcheck=${false}
      aria-label=${t('blur.terms')}
      disabled=${readOnly}
      value=${text}
      onInput=${(/** @type {Event} */ event) => setText(valueOf(event))}
    ></textarea>
    <p class="form__hint">${t('blur.hint', { key: keyOf(bound(ownKeys), 'blur', t) })}</p>
    ${!readOnly && save}`;
}
