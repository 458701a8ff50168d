import {
  html,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from '../vendor/preact/standalone.mjs';
import { bound } from '../lib/keys.mjs';
import { TextButton } from '../ui/button.mjs';
import { Filmstrip } from '../ui/filmstrip.mjs';
import { keyOf } from '../ui/key-words.mjs';
import { later } from '../ui/later.mjs';
import { Icon } from '../ui/icons.mjs';
import { Heart, Stars } from '../ui/stars.mjs';
import { ViewerBar } from '../ui/viewer-bar.mjs';
import { PACES, QUIET_MS } from './slideshow.mjs';
import { Viewer } from './viewer.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/types.mjs').Item} Item */
/**
 * @typedef {Pick<Parts, 'api'|'commands'|'contextMenu'|'display'|'marks'>} Work
 * @typedef {Work & Pick<Parts, 'store'|'subjects'|'viewer'|'words'>} Needs
 * @typedef {Needs & {act: (action: string) => void}} Props
 */

const SlideshowBar = later(async () => (await import('../ui/slideshow-bar.mjs')).SlideshowBar);

/**
 * The viewer: the bar, the picture, the strip of those around it.
 * @param {Props} props
 */
export function ViewerFrame(props) {
  const { display, store, viewer, words } = props;
  const { state } = store;
  const frame = useRef(/** @type {HTMLElement|null} */ (null));
  const stage = useRef(/** @type {HTMLElement|null} */ (null));
  const item = state.viewing ? display.currentItem : null;
  const [hearts, setHearts] = useState(0);
  useLayoutEffect(() => {
    const onLike = () => setHearts((count) => count + 1);
    if (stage.current) viewer.slides = makeViewer(props, stage.current, onLike);
  }, []);
  useLayoutEffect(() => {
    if (!state.viewing) return undefined;
    frame.current?.focus({ preventScroll: true });
    // Only now: what lies behind the viewer takes no focus while it is open.
    return () => display.grid?.host.focus({ preventScroll: true });
  }, [state.viewing]);
  const hasStrip = state.filmstrip && state.totals.files > 1 && item !== null;
  useLayoutEffect(() => viewer.slides?.resize(), [hasStrip, state.vertical]);
  const [isIdle, wake] = useIdle(state.viewing);
  const onMove = (/** @type {PointerEvent} */ event) => {
    if (event.pointerType !== 'mouse') return;
    wake();
    viewer.slideshow.wake();
  };
  const onFocus = (/** @type {FocusEvent} */ { target }) => {
    // A finger on the picture gives that the focus, and wants no bar for it.
    const isBeside =
      target !== frame.current && !stage.current?.contains(/** @type {Node} */ (target));
    if (isBeside) viewer.slideshow.wake();
  };
  const onStop = () => {
    viewer.slideshow.stop();
    frame.current?.focus({ preventScroll: true });
  };
  const looks = [
    state.bare && 'is-bare',
    isIdle && 'is-idle',
    state.vertical && 'is-vertical',
  ].filter(Boolean);
  return html`<div
    ref=${frame}
    class=${['viewer', ...looks].join(' ')}
    data-ground="dark"
    hidden=${!state.viewing}
    tabindex="-1"
    role="dialog"
    aria-label=${words.t('viewer.label')}
    onPointerMove=${onMove}
    onfocusin=${onFocus}
  >
    ${item && html`<${Bar} ...${props} item=${item} />`}
    <div ref=${stage} class="viewer__stage"></div>
    ${hearts > 0 && html`<div key=${hearts} class="viewer__heart"><${Icon} name="heart" /></div>`}
    ${item && hasMarks(state) && html`<${BarMarks} ...${props} item=${item} kind="viewer__marks" />`}
    ${item && state.playing && html`<${Playing} ...${props} onStop=${onStop} />`}
    ${hasStrip && html`<${Strip} ...${props} />`}
  </div>`;
}

/**
 * Whether the mouse rests, and what tells that it moves: what lies on the picture goes meanwhile.
 * @param {boolean} isOpen
 * @returns {[boolean, () => void]}
 */
function useIdle(isOpen) {
  const [isIdle, setIdle] = useState(false);
  const timer = useRef(0);
  const wake = () => {
    setIdle(false);
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => setIdle(true), QUIET_MS);
  };
  useEffect(() => {
    if (isOpen) wake();
    return () => clearTimeout(timer.current);
  }, [isOpen]);
  return [isIdle, wake];
}

/**
 * Whether the viewer has stars of its own; the info beside the picture has them too.
 * @param {Parts['store']['state']} state
 */
function hasMarks({ infoInViewer, readOnly }) {
  return !readOnly && !infoInViewer;
}

/**
 * What a slideshow can be told while it runs.
 * @param {Pick<Parts, 'store'|'viewer'|'words'> & {onStop: () => void}} props
 */
function Playing({ store, viewer: { slideshow }, words: { t }, onStop }) {
  const { ownKeys, pace, shuffle } = store.state;
  return html`<${SlideshowBar}
    t=${t}
    paces=${PACES}
    pace=${pace}
    shuffle=${shuffle}
    hint=${keyOf(bound(ownKeys), 'slideshow', t)}
    onPace=${(/** @type {number} */ seconds) => slideshow.setPace(seconds)}
    onShuffle=${() => slideshow.toggleShuffle()}
    onStop=${onStop}
  />`;
}

/**
 * @param {Omit<Props, 'api'> & {item: Item}} props
 */
function Bar({ act, commands, contextMenu, display, item, marks, store, subjects, viewer, words }) {
  const { t, formats } = words;
  const { state } = store;
  const rows = bound(state.ownKeys);
  const position = {
    index: formats.number(state.current - viewer.folders + 1),
    count: formats.number(state.totals.files),
  };
  const parts = { act, item, marks, subjects, words };
  return html`<${ViewerBar}
    t=${t}
    name=${item.name}
    kind=${item.kind}
    info=${state.infoInViewer}
    playing=${state.playing}
    filmstrip=${state.filmstrip}
    vertical=${state.vertical}
    readOnly=${state.readOnly}
    marks=${hasMarks(state) && html`<${BarMarks} ...${parts} kind="viewer-bar__group only-wide" />`}
    zoom=${item.kind === 'image' && html`<${ZoomButton} ...${{ act, store, viewer, words }} />`}
    loop=${item.kind === 'video' && (viewer.slides?.players.loops(viewer.slides.player) ?? false)}
    send=${commands.targets()[0]?.label ?? ''}
    act=${act}
    hint=${(/** @type {string} */ action) => keyOf(rows, action, t)}
    first=${state.current <= viewer.folders}
    last=${state.current >= display.count - 1}
    position=${t('viewer.position', position)}
    onMenu=${(/** @type {number} */ x, /** @type {number} */ y) => contextMenu.openForCurrent(x, y)}
  />`;
}

/**
 * How large the picture is shown, in percent of its own size; a click leads there and back.
 * @param {Pick<Props, 'act'|'store'|'viewer'|'words'>} props
 */
function ZoomButton({ act, store, viewer: { zoom }, words: { t } }) {
  const [percent, setPercent] = useState(zoom.state.percent);
  useEffect(() => zoom.subscribe(() => setPercent(zoom.state.percent)), []);
  const hint = keyOf(bound(store.state.ownKeys), 'zoom', t);
  return html`<${TextButton}
    icon="zoom-in"
    text=${percent ? `${percent} %` : ''}
    label=${t('viewer.zoom')}
    hint=${hint}
    onClick=${() => act('zoom')}
  />`;
}

/**
 * @param {Pick<Props, 'act'|'marks'|'subjects'|'words'> & {item: Item, kind: string}} props
 */
function BarMarks({ act, item, kind, marks, subjects, words: { t } }) {
  const { rating, liked } = marks.of(item);
  const rate = (/** @type {number} */ stars) => marks.rate(subjects.of([item]), stars);
  return html`<div class=${kind}>
    <${Stars} t=${t} rating=${rating} onRate=${rate} />
    <${Heart} label=${t('action.like')} liked=${liked} onLike=${() => act('like')} />
  </div>`;
}

/** @param {Pick<Parts, 'api'|'display'|'store'|'viewer'|'words'>} props */
function Strip({ api, display, store, viewer, words }) {
  const [width, setWidth] = useState(window.innerWidth);
  useEffect(() => {
    const resized = () => setWidth(window.innerWidth);
    window.addEventListener('resize', resized);
    return () => window.removeEventListener('resize', resized);
  }, []);
  const thumbnail = (/** @type {Item} */ item) =>
    api.thumbnail(item.path, item.date, display.grid?.thumbnailPx ?? 256);
  const step = (/** @type {1|-1} */ way) =>
    way > 0 ? viewer.slides?.next() : viewer.slides?.previous();
  return html`<${Filmstrip}
    label=${words.t('viewer.filmstrip')}
    index=${store.state.current}
    first=${viewer.folders}
    count=${display.count}
    width=${width}
    item=${(/** @type {number} */ index) => known(display.item(index))}
    thumbnail=${thumbnail}
    onChoose=${(/** @type {number} */ index) => viewer.slides?.goTo(index - viewer.folders)}
    onStep=${step}
  />`;
}

/** @param {Item} item */
function known(item) {
  return item.is === 'known' ? item : null;
}

/**
 * @param {Omit<Props, 'act'|'commands'|'contextMenu'>} parts
 * @param {HTMLElement} stage
 * @param {() => void} onLike  shows that the picture is liked now
 */
function makeViewer({ api, display, marks, store, subjects, viewer, words }, stage, onLike) {
  const like = () => {
    const item = display.currentItem;
    if (!item || store.state.readOnly) return;
    onLike();
    if (!marks.of(item).liked) marks.like(subjects.of([item]));
  };
  return new Viewer({
    stage,
    count: () => store.state.totals.files,
    item: (slide) => display.item(slide + viewer.folders),
    original: (item) => api.file(item.path, item.date),
    thumbnail: (item, size) => api.thumbnail(item.path, item.date, size),
    thumbnailPx: () => display.grid?.thumbnailPx ?? 256,
    sizes: viewer.sizes,
    onChange: (slide) => viewer.moved(slide),
    onClose: () => viewer.close(),
    onTap: () => store.set({ bare: !store.state.bare }),
    onZoom: (percent) => percent !== viewer.zoom.state.percent && viewer.zoom.set({ percent }),
    onPlayer: () => store.set({}), // the bar says whether it begins again
    loop: () => store.state.loop,
    isVertical: () => store.state.vertical,
    onLike: like,
    damaged: words.t('viewer.damaged'),
  });
}
