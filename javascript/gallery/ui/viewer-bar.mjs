import { html } from '../vendor/preact/standalone.mjs';
import { IconButton } from './button.mjs';

/** @typedef {import('../lib/i18n.mjs').Translate} Translate */

/**
 * What surrounds the picture in the viewer.
 * @typedef {Object} ViewerBarProps
 * @property {Translate} t
 * @property {string} name
 * @property {string} position  e.g. 3 of 60
 * @property {import('../lib/types.mjs').Kind} kind
 * @property {boolean} info
 * @property {boolean} playing
 * @property {boolean} filmstrip
 * @property {boolean} first
 * @property {boolean} last
 * @property {boolean} readOnly
 * @property {(action: string) => void} act  does what the action of this name does
 * @property {(x: number, y: number) => void} onMenu
 * @property {string} send  words for sending the picture to the host; '' where there is none
 * @property {unknown} marks  rating and like of the picture
 */

/** @param {ViewerBarProps} props */
export function ViewerBar(props) {
  const { t, act, kind } = props;
  return html`<div class="viewer-bar">
      <${IconButton} icon="x" label=${t('viewer.close')} onClick=${() => act('close')} />
      <h2 class="viewer-bar__name" title=${props.name}>${props.name}</h2>
      <p class="viewer-bar__position" aria-live="polite">${props.position}</p>
      ${props.marks}
      ${kind === 'video' && html`<div class="viewer-bar__group">
        <${IconButton} icon="step-back" label=${t('viewer.frameBack')} onClick=${() => act('frameBack')} />
        <${IconButton} icon="step-forward" label=${t('viewer.frameForward')} onClick=${() => act('frameForward')} />
        ${!props.readOnly && html`<${IconButton} icon="camera" label=${t('viewer.cover')} onClick=${() => act('cover')} />`}
      </div>`}
      <div class="viewer-bar__group only-wide">
        ${kind === 'image' && html`<${IconButton} icon="zoom-in" label=${t('viewer.zoom')} onClick=${() => act('zoom')} />`}
        ${kind !== 'audio' && html`<${IconButton} icon="rotate-cw" label=${t('viewer.rotate')} onClick=${() => act('rotateRight')} />`}
        <${IconButton} icon="gallery-thumbnails" label=${t('viewer.filmstrip')} pressed=${props.filmstrip} onClick=${() => act('filmstrip')} />
        <${IconButton} icon=${props.playing ? 'pause' : 'play'} label=${t('viewer.slideshow')} pressed=${props.playing} onClick=${() => act('slideshow')} />
        ${document.fullscreenEnabled && html`<${IconButton} icon="maximize" label=${t('viewer.fullscreen')} onClick=${() => act('fullscreen')} />`}
      </div>
      ${props.send && html`<${IconButton} icon="send" label=${props.send} onClick=${() => act('send')} />`}
      <${IconButton} icon="download" label=${t('viewer.save')} onClick=${() => act('download')} />
      ${!props.readOnly && html`<${IconButton} icon="trash-2" label=${t('action.delete')} onClick=${() => act('delete')} />`}
      <${IconButton} icon="ellipsis" label=${t('action.more')} onClick=${(/** @type {MouseEvent} */ event) => {
        const { right, bottom } = /** @type {Element} */ (event.currentTarget).getBoundingClientRect();
        props.onMenu(right, bottom);
      }} />
      <${IconButton} icon="info" label=${t('tools.info')} pressed=${props.info} onClick=${() => act('info')} />
    </div>
    <${IconButton} icon="chevron-left" label=${t('viewer.previous')} kind="viewer-arrow is-previous" disabled=${props.first} onClick=${() => act('previous')} />
    <${IconButton} icon="chevron-right" label=${t('viewer.next')} kind="viewer-arrow is-next" disabled=${props.last} onClick=${() => act('next')} />`;
}
