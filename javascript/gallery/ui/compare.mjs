import { html, useEffect, useRef, useState } from '../vendor/preact/standalone.mjs';

/** @typedef {import('../lib/i18n.mjs').Translate} Translate */
/** @typedef {{name: string, path: string, url: string}} Picture */
/** @typedef {{zoom: number, x: number, y: number}} View  x, y: pixels from the middle */

const LARGEST = 16;
const STEP = 0.02;
/** @type {View} */
const WHOLE = { zoom: 1, x: 0, y: 0 };

/**
 * Two pictures in one place with a divider between them, or up to four side by side; all are zoomed and moved
 * together.
 * @param {{t: Translate, pictures: Picture[], mode: 'slider'|'beside'}} props
 */
export function Compare({ t, pictures, mode }) {
  const stage = useRef(/** @type {HTMLElement|null} */ (null));
  const [view, setView] = useState(WHOLE);
  const [split, setSplit] = useState(0.5);
  useEffect(() => setView(WHOLE), [mode]);
  useEffect(() => {
    // Passive listeners, which the browser makes of wheel by itself, could not keep the page from scrolling.
    const onWheel = (/** @type {WheelEvent} */ event) => {
      event.preventDefault();
      const pane = /** @type {Element} */ (event.target)
        .closest('.compare__pane')
        ?.getBoundingClientRect();
      if (pane)
        setView((before) => zoomed(before, Math.exp(-event.deltaY * 0.002), middleOf(pane, event)));
    };
    const element = stage.current;
    element?.addEventListener('wheel', onWheel, { passive: false });
    return () => element?.removeEventListener('wheel', onWheel);
  }, []);
  const pinching = useRef(new Pinch());
  /** @param {PointerEvent} event */
  const onPinch = (event) => {
    const pinch = pinching.current.move(event);
    const pane =
      /** @type {Element} */ (event.target).closest('.compare__pane')?.getBoundingClientRect() ??
      stage.current?.getBoundingClientRect();
    if (pinch && pane) setView((before) => zoomed(before, pinch.factor, middleOf(pane, pinch)));
  };
  /** @param {PointerEvent} event */
  const onDown = (event) => {
    const element = /** @type {HTMLElement} */ (event.currentTarget);
    const divides =
      mode === 'slider' &&
      (view.zoom === 1 ||
        /** @type {Element} */ (event.target).closest('.compare__divider') !== null);
    element.setPointerCapture(event.pointerId);
    if (pinching.current.down(event)) return;
    const box = element.getBoundingClientRect();
    let last = { x: event.clientX, y: event.clientY };
    const move = (/** @type {PointerEvent} */ moved) => {
      if (pinching.current.isPinching) return;
      if (divides) setSplit(clamp((moved.clientX - box.left) / box.width));
      else {
        const by = { x: moved.clientX - last.x, y: moved.clientY - last.y };
        setView((before) =>
          before.zoom > 1 ? { ...before, x: before.x + by.x, y: before.y + by.y } : before,
        );
      }
      last = { x: moved.clientX, y: moved.clientY };
    };
    if (divides) move(event);
    const up = () => element.removeEventListener('pointermove', move);
    element.addEventListener('pointermove', move);
    for (const name of ['pointerup', 'pointercancel'])
      element.addEventListener(name, up, { once: true });
  };
  /** @param {KeyboardEvent} event */
  const onKey = (event) => {
    /** @type {Record<string, () => void>} */
    const does = {
      ArrowLeft: () => setSplit((before) => clamp(before - STEP)),
      ArrowRight: () => setSplit((before) => clamp(before + STEP)),
      Home: () => setSplit(0),
      End: () => setSplit(1),
      '+': () => setView((before) => zoomed(before, 1.25, WHOLE)),
      '-': () => setView((before) => zoomed(before, 0.8, WHOLE)),
      0: () => setView(WHOLE),
    };
    if (!(event.key in does)) return;
    event.preventDefault();
    does[event.key]();
  };
  const look = {
    '--zoom': view.zoom,
    '--x': `${view.x}px`,
    '--y': `${view.y}px`,
    '--split': `${split * 100}%`,
  };
  const pane = (/** @type {Picture} */ picture, /** @type {number} */ i) =>
    html`<${Pane} key=${i} picture=${picture} side=${i ? 'second' : 'first'} />`;
  const onUp = (/** @type {PointerEvent} */ event) => pinching.current.up(event);
  return html`<div
    ref=${stage}
    class=${`compare is-${mode} ${pictures.length > 2 ? 'has-many' : ''}`}
    style=${look}
    onPointerDown=${onDown}
    onPointerMove=${onPinch}
    onPointerUp=${onUp}
    onPointerCancel=${onUp}
    onKeyDown=${onKey}
    onDblClick=${() => setView(WHOLE)}
  >
    ${pictures.map(pane)}
    ${mode === 'slider' && html`<${Divider} label=${t('compare.divider')} split=${split} />`}
  </div>`;
}

/** @param {{picture: Picture, side: 'first'|'second'}} props */
function Pane({ picture: { name, path, url }, side }) {
  return html`<figure class=${`compare__pane is-${side}`}>
    <img data-path=${path} src=${url} alt=${name} draggable=${false} />
    <figcaption>${name}</figcaption>
  </figure>`;
}

/** @param {{label: string, split: number}} props */
function Divider({ label, split }) {
  return html`<div
    class="compare__divider"
    role="slider"
    tabindex="0"
    aria-label=${label}
    aria-valuemin="0"
    aria-valuemax="100"
    aria-valuenow=${Math.round(split * 100)}
  >
    <span></span>
  </div>`;
}

/** Two fingers on the pictures. */
class Pinch {
  constructor() {
    /** @type {Map<number, {clientX: number, clientY: number}>} */
    this.fingers = new Map();
  }

  get isPinching() {
    return this.fingers.size === 2;
  }

  /**
   * @param {PointerEvent} event
   * @returns {boolean}  true where it is a second finger
   */
  down({ pointerId, pointerType, clientX, clientY }) {
    if (pointerType === 'touch' && this.fingers.size < 2)
      this.fingers.set(pointerId, { clientX, clientY });
    return this.isPinching;
  }

  /** @param {PointerEvent} event */
  up({ pointerId }) {
    this.fingers.delete(pointerId);
  }

  /**
   * How far the fingers have moved apart since the last time, and what is between them; null for one finger.
   * @param {PointerEvent} event
   */
  move({ pointerId, clientX, clientY }) {
    if (!this.fingers.has(pointerId)) return null;
    const before = this.distance();
    this.fingers.set(pointerId, { clientX, clientY });
    if (!this.isPinching || !before) return null;
    const [a, b] = [...this.fingers.values()];
    return {
      factor: this.distance() / before,
      clientX: (a.clientX + b.clientX) / 2,
      clientY: (a.clientY + b.clientY) / 2,
    };
  }

  distance() {
    const [a, b] = [...this.fingers.values()];
    return b ? Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY) : 0;
  }
}

/**
 * The view zoomed by a factor, with one point staying where it is.
 * @param {View} view
 * @param {number} factor
 * @param {{x: number, y: number}} point  from the middle
 * @returns {View}
 */
export function zoomed(view, factor, point) {
  const zoom = Math.max(1, Math.min(LARGEST, view.zoom * factor));
  if (zoom === 1) return WHOLE;
  const by = zoom / view.zoom;
  return { zoom, x: point.x - (point.x - view.x) * by, y: point.y - (point.y - view.y) * by };
}

/**
 * @param {DOMRect} box
 * @param {{clientX: number, clientY: number}} event
 */
function middleOf(box, event) {
  return {
    x: event.clientX - box.left - box.width / 2,
    y: event.clientY - box.top - box.height / 2,
  };
}

/** @param {number} value */
function clamp(value) {
  return Math.max(0, Math.min(1, value));
}
