import { html, useEffect, useLayoutEffect, useRef, useState } from '../vendor/preact/standalone.mjs';
import { bound } from '../lib/keys.mjs';
import { Filmstrip } from '../ui/filmstrip.mjs';
import { keyOf } from '../ui/key-words.mjs';
import { later } from '../ui/later.mjs';
import { Heart, Stars } from '../ui/stars.mjs';
import { ViewerBar } from '../ui/viewer-bar.mjs';
import { PACES } from './slideshow.mjs';
import { Subject } from '../actions/subject.mjs';
import { Viewer } from './viewer.mjs';

/** @typedef {import('../app/gallery.mjs').Gallery} Gallery */

const SlideshowBar = later(async () => (await import('../ui/slideshow-bar.mjs')).SlideshowBar);

/**
 * The viewer: the bar, the picture, the strip of those around it.
 * @param {{gallery: Gallery, act: (action: string) => void}} props
 */
export function ViewerFrame({ gallery, act }) {
  const {
    state,
    viewing,
    words: { t },
  } = gallery;
  const frame = useRef(/** @type {HTMLElement|null} */ (null));
  const stage = useRef(/** @type {HTMLElement|null} */ (null));
  const item = state.viewing ? gallery.currentItem : null;
  useLayoutEffect(() => {
    if (stage.current) viewing.viewer = makeViewer(gallery, stage.current);
  }, []);
  useEffect(() => {
    if (state.viewing) frame.current?.focus({ preventScroll: true });
  }, [state.viewing]);
  const hasStrip = state.filmstrip && state.totals.files > 1 && item !== null;
  useLayoutEffect(() => viewing.viewer?.resize(), [hasStrip]);
  return html`<div ref=${frame} class=${`viewer ${state.bare ? 'is-bare' : ''}`} hidden=${!state.viewing} tabindex="-1" role="dialog"
    aria-label=${t('viewer.label')} onPointerMove=${(/** @type {PointerEvent} */ event) => event.pointerType === 'mouse' && viewing.slideshow.wake()}
    onfocusin=${(/** @type {FocusEvent} */ event) => event.target !== frame.current && viewing.slideshow.wake()}>
    ${item && html`<${Bar} gallery=${gallery} act=${act} />`}
    <div ref=${stage} class="viewer__stage"></div>
    ${
      item &&
      state.playing &&
      html`<${SlideshowBar} t=${t} paces=${PACES} pace=${state.pace} shuffle=${state.shuffle} hint=${keyOf(bound(state.ownKeys), 'slideshow', t)}
      onPace=${(/** @type {number} */ pace) => viewing.slideshow.setPace(pace)} onShuffle=${() => viewing.slideshow.toggleShuffle()}
      onStop=${() => {
        viewing.slideshow.stop();
        frame.current?.focus({ preventScroll: true });
      }} />`
    }
    ${hasStrip && html`<${Strip} gallery=${gallery} />`}
  </div>`;
}

/** @param {{gallery: Gallery, act: (action: string) => void}} props */
function Bar({ gallery, act }) {
  const {
    state,
    viewing,
    words: { t, formats },
  } = gallery;
  const item = gallery.currentItem;
  if (!item) return null;
  const { rating, liked } = gallery.marking.of(item);
  const rows = bound(state.ownKeys);
  const rate = (/** @type {number} */ stars) => gallery.marking.rate(new Subject(gallery, [item]), stars);
  // The info beside the picture has them too.
  const marks =
    !state.readOnly &&
    !state.infoInViewer &&
    html`<div class="viewer-bar__group only-wide">
    <${Stars} t=${t} rating=${rating} onRate=${rate} /><${Heart} label=${t('action.like')} liked=${liked} onLike=${() => act('like')} /></div>`;
  return html`<${ViewerBar} t=${t} name=${item.name} kind=${item.kind} info=${state.infoInViewer} playing=${state.playing} filmstrip=${state.filmstrip}
    readOnly=${state.readOnly} marks=${marks} send=${gallery.commanding.targets()[0]?.label ?? ''} act=${act} hint=${(/** @type {string} */ action) => keyOf(rows, action, t)}
    first=${state.current <= viewing.folders} last=${state.current >= gallery.count - 1}
    position=${t('viewer.position', { index: formats.number(state.current - viewing.folders + 1), count: formats.number(state.totals.files) })}
    onMenu=${(/** @type {number} */ x, /** @type {number} */ y) => gallery.menus.openForCurrent(x, y)} />`;
}

/** @param {{gallery: Gallery}} props */
function Strip({ gallery }) {
  const {
    state,
    viewing,
    words: { t },
  } = gallery;
  const [width, setWidth] = useState(window.innerWidth);
  useEffect(() => {
    const resized = () => setWidth(window.innerWidth);
    window.addEventListener('resize', resized);
    return () => window.removeEventListener('resize', resized);
  }, []);
  return html`<${Filmstrip} label=${t('viewer.filmstrip')} index=${state.current} first=${viewing.folders} count=${gallery.count} width=${width}
    item=${(/** @type {number} */ index) => known(gallery.item(index))}
    thumbnail=${(/** @type {import('../lib/types.mjs').Item} */ item) => gallery.api.thumbnail(item.path, item.date, gallery.grid?.thumbnailPx ?? 256)}
    onChoose=${(/** @type {number} */ index) => viewing.viewer?.goTo(index - viewing.folders)}
    onStep=${(/** @type {1|-1} */ way) => (way > 0 ? viewing.viewer?.next() : viewing.viewer?.previous())} />`;
}

/** @param {import('../lib/types.mjs').Item} item */
function known(item) {
  return item.is === 'known' ? item : null;
}

/**
 * @param {Gallery} gallery
 * @param {HTMLElement} stage
 */
function makeViewer(gallery, stage) {
  const { viewing } = gallery;
  return new Viewer({
    stage,
    count: () => gallery.state.totals.files,
    item: (slide) => gallery.item(slide + viewing.folders),
    original: (item) => gallery.api.file(item.path, item.date),
    thumbnail: (item, size) => gallery.api.thumbnail(item.path, item.date, size),
    thumbnailPx: () => gallery.grid?.thumbnailPx ?? 256,
    sizes: viewing.sizes,
    onChange: (slide) => viewing.moved(slide),
    onClose: () => viewing.close(),
    onTap: () => gallery.set({ bare: !gallery.state.bare }),
    damaged: gallery.words.t('viewer.damaged'),
  });
}
