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
 * @property {boolean} vertical  pictures lie one below the other
 * @property {boolean} first
 * @property {boolean} last
 * @property {boolean} readOnly
 * @property {(action: string) => void} act  does what the action of this name does
 * @property {(action: string) => string} hint  the key of an action
 * @property {(x: number, y: number) => void} onMenu
 * @property {string} send  words for sending the picture to the host; '' where there is none
 * @property {unknown} marks  rating and like of the picture
 * @property {unknown} zoom  how large it is shown
 * @property {boolean} loop  the video begins again at its end
 */

/** @typedef {{pressed?: boolean, disabled?: boolean, kind?: string}} More  what some buttons have besides */

/** @param {ViewerBarProps} props */
export function ViewerBar(props) {
  const { t, act, kind } = props;
  /** @type {(action: string, icon: string, label: string, more?: More) => unknown} */
  const tool = (action, icon, label, more = {}) => html`<${IconButton}
    icon=${icon}
    label=${label}
    hint=${props.hint(action)}
    onClick=${() => act(action)}
    ...${more}
  />`;
  const openMenu = (/** @type {MouseEvent} */ event) => {
    const { right, bottom } = /** @type {Element} */ (event.currentTarget).getBoundingClientRect();
    props.onMenu(right, bottom);
  };
  const frames = html`<div class="viewer-bar__group">
    ${tool('frameBack', 'step-back', t('viewer.frameBack'))}
    ${tool('frameForward', 'step-forward', t('viewer.frameForward'))}
    ${tool('loop', 'repeat', t('viewer.loop'), { pressed: props.loop })}
    ${!props.readOnly && tool('cover', 'camera', t('viewer.cover'))}
  </div>`;
  const vertical = { pressed: props.vertical, kind: 'only-narrow' };
  const slideshow = props.playing ? 'pause' : 'play';
  const previous = { kind: 'viewer-arrow is-previous', disabled: props.first };
  const next = { kind: 'viewer-arrow is-next', disabled: props.last };
  return html`<div class="viewer-bar">
      ${tool('close', 'x', t('viewer.close'))}
      <h2 class="viewer-bar__name" title=${props.name}>${props.name}</h2>
      <p class="viewer-bar__position" aria-live="polite">${props.position}</p>
      ${props.marks}
      ${kind === 'video' && frames}
      <div class="viewer-bar__group only-wide">
        ${props.zoom}
        ${kind !== 'audio' && tool('rotateRight', 'rotate-cw', t('viewer.rotate'))}
        ${tool('similar', 'scan-search', t('action.similar'))}
        ${tool('filmstrip', 'gallery-thumbnails', t('viewer.filmstrip'), { pressed: props.filmstrip })}
        ${tool('slideshow', slideshow, t('viewer.slideshow'), { pressed: props.playing })}
        ${document.fullscreenEnabled && tool('fullscreen', 'maximize', t('viewer.fullscreen'))}
      </div>
      ${tool('vertical', 'gallery-vertical', t('viewer.vertical'), vertical)}
      ${props.send && tool('send', 'send', props.send)}
      ${tool('download', 'download', t('viewer.save'))}
      ${!props.readOnly && tool('delete', 'trash-2', t('action.delete'))}
      <${IconButton} icon="ellipsis" label=${t('action.more')} onClick=${openMenu} />
      ${tool('info', 'info', t('tools.info'), { pressed: props.info })}
    </div>
    ${tool('previous', 'chevron-left', t('viewer.previous'), previous)}
    ${tool('next', 'chevron-right', t('viewer.next'), next)}`;
}
