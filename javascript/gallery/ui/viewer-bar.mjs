import { html } from '../vendor/preact/standalone.mjs';
import { IconButton } from './button.mjs';

/** @typedef {import('../lib/i18n.mjs').Translate} Translate */

/**
 * What surrounds the picture in the viewer.
 * @typedef {Object} ViewerBarProps
 * @property {Translate} t
 * @property {string} name
 * @property {string} position  e.g. 3 of 60
 * @property {boolean} info
 * @property {boolean} zoomable
 * @property {boolean} first
 * @property {boolean} last
 * @property {() => void} onClose
 * @property {() => void} onPrevious
 * @property {() => void} onNext
 * @property {() => void} onZoom
 * @property {() => void} onSave
 * @property {() => void} onInfo
 */

/** @param {ViewerBarProps} props */
export function ViewerBar(props) {
  const { t } = props;
  return html`<div class="viewer-bar">
      <${IconButton} icon="x" label=${t('viewer.close')} onClick=${props.onClose} />
      <h2 class="viewer-bar__name" title=${props.name}>${props.name}</h2>
      <p class="viewer-bar__position" aria-live="polite">${props.position}</p>
      ${props.zoomable && html`<${IconButton} icon="zoom-in" label=${t('viewer.zoom')} kind="only-wide" onClick=${props.onZoom} />`}
      <${IconButton} icon="download" label=${t('viewer.save')} onClick=${props.onSave} />
      <${IconButton} icon="info" label=${t('tools.info')} pressed=${props.info} onClick=${props.onInfo} />
    </div>
    <${IconButton} icon="chevron-left" label=${t('viewer.previous')} kind="viewer-arrow is-previous" disabled=${props.first} onClick=${props.onPrevious} />
    <${IconButton} icon="chevron-right" label=${t('viewer.next')} kind="viewer-arrow is-next" disabled=${props.last} onClick=${props.onNext} />`;
}
