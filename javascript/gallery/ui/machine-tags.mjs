import { html } from '../vendor/preact/standalone.mjs';
import { Icon } from './icons.mjs';

/** @typedef {import('../lib/i18n.mjs').Translate} Translate */
/** @typedef {{name: string, category: string, confidence: number}} MachineTag */

/**
 * Tags that a model has given to a file, apart from those of the user. A click searches; the button makes
 * one a tag of the user.
 * @param {{t: Translate, tags: MachineTag[], readOnly: boolean, searchOf: (query: string) => string,
 *   onAdopt: (tag: MachineTag) => void}} props
 */
export function MachineTags({ t, tags, readOnly, searchOf, onAdopt }) {
  if (!tags.length) return null;
  const button = (/** @type {MachineTag} */ tag) => {
    const title = t('info.autotags.adopt', { name: tag.name });
    return html`<button type="button" title=${title} aria-label=${title} onClick=${() => onAdopt(tag)}>
      <${Icon} name="tag" />
    </button>`;
  };
  const one = (/** @type {MachineTag} */ tag) => html`<li key=${tag.name} class="chip has-button">
    <a href=${searchOf(`autotag:"${tag.name.replaceAll('"', '')}"`)}
      >${tag.name} <small>${Math.round(tag.confidence * 100)} %</small></a
    >
    ${!readOnly && button(tag)}
  </li>`;
  return html`<section class="info__part" aria-label=${t('info.autotags')}>
    <h3>${t('info.autotags')}</h3>
    <ul class="chips">
      ${tags.map(one)}
    </ul>
  </section>`;
}
