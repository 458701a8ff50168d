import { marks, nameMarks, partAt, topAt } from '../lib/scrubber.mjs';

/** @typedef {import('./grid.mjs').Grid} Grid */

const MARGIN_PX = 10;
/** The thumb of a touch screen leaves so long after the last scroll. */
const LINGER_MS = 1200;
/** Below this many screens there is nothing to find quickly. */
const LEAST_SCREENS = 2;

/**
 * The dates beside the grid, or what else its files are under: shows where one is, and leads to any other
 * by a drag, a click or a key.
 */
export class Scrubber {
  /**
   * @param {HTMLElement} host
   * @param {Grid} grid
   * @param {{month: (seconds: number) => string, label: string, sections: string}} words  label: of dates
   */
  constructor(host, grid, words) {
    this.host = host;
    this.grid = grid;
    this.words = words;
    /** @type {import('../lib/layout.mjs').Layout|null} */
    this.layout = null;
    this.track = 0;
    this.timer = 0;
    this.isDragging = false;
    this.isPointedAt = false;
    this.marks = part(host, 'scrubber__marks');
    this.thumb = part(host, 'scrubber__thumb');
    this.bubble = part(host, 'scrubber__bubble');
    const attributes = {
      role: 'slider',
      tabindex: '0',
      'aria-orientation': 'vertical',
      'aria-label': words.label,
      'aria-valuemin': '0',
      'aria-valuemax': '100',
    };
    for (const [name, value] of Object.entries(attributes)) host.setAttribute(name, value);
    host.addEventListener('pointerdown', (event) => this.onDown(event));
    host.addEventListener('pointermove', (event) => this.onMove(event));
    host.addEventListener('pointerenter', () => {
      this.isPointedAt = true;
    });
    host.addEventListener('pointerleave', () => {
      this.isPointedAt = false;
    });
    host.addEventListener('pointerup', () => this.drop());
    host.addEventListener('pointercancel', () => this.drop());
    host.addEventListener('keydown', (event) => this.onKey(event));
    host.addEventListener('wheel', (event) => grid.host.scrollBy({ top: event.deltaY }), {
      passive: true,
    });
  }

  get size() {
    return { height: this.grid.layout.height, view: this.grid.seen.height };
  }

  /** The grid has scrolled, or is laid out anew. */
  update() {
    const { layout, groups } = this.grid;
    const isUseful = groups !== null && layout.height > this.size.view * LEAST_SCREENS;
    if (this.host.hidden === isUseful) this.host.hidden = !isUseful;
    if (!isUseful) return;
    // As high as the grid beside it.
    const track = this.grid.seen.height - 2 * MARGIN_PX;
    if (layout !== this.layout || track !== this.track) {
      this.layout = layout;
      this.track = track;
      this.drawMarks();
    }
    const at = partAt(this.grid.seen.top, this.size);
    this.thumb.style.transform = `translateY(${MARGIN_PX + at * track}px)`;
    const text = this.textAt(at);
    this.host.ariaLabel = this.isNamed ? this.words.sections : this.words.label;
    this.host.setAttribute('aria-valuenow', String(Math.round(at * 100)));
    this.host.setAttribute('aria-valuetext', text);
    if (!this.isPointedAt) this.tell(at, text);
    this.linger();
  }

  /** Whether files are under names, and not under days. */
  get isNamed() {
    return this.grid.groups?.some((group) => group?.days[0]?.name !== undefined) ?? false;
  }

  drawMarks() {
    if (this.isNamed) {
      this.drawNames();
      return;
    }
    const { groups, layout } = this.grid;
    const days = (groups ?? []).flatMap((group, block) => {
      const start = group?.days[0]?.start ?? group?.month;
      return start === undefined || start === null ? [] : [{ start, top: layout.blockTop(block) }];
    });
    this.marks.replaceChildren(
      ...marks(days, { ...this.size, track: this.track }).map((mark) => {
        const element = document.createElement('span');
        const date = new Date(mark.start * 1000);
        element.className = mark.label
          ? `scrubber__label ${mark.isYear ? 'is-year' : ''}`
          : 'scrubber__dot';
        if (mark.label)
          element.textContent = mark.isYear
            ? String(date.getFullYear())
            : this.words.month(mark.start).replace(/[\s.]*\d{4}[\s.]*/, '');
        element.style.top = `${MARGIN_PX + mark.at * this.track}px`;
        return element;
      }),
    );
  }

  drawNames() {
    const { groups, layout } = this.grid;
    const sections = (groups ?? []).flatMap((group, block) =>
      group?.days.length ? [{ name: group.days[0].name ?? '', top: layout.blockTop(block) }] : [],
    );
    this.marks.replaceChildren(
      ...nameMarks(sections, { ...this.size, track: this.track }).map((mark) => {
        const element = document.createElement('span');
        element.className = mark.label ? 'scrubber__label is-name' : 'scrubber__dot';
        if (mark.label) element.textContent = mark.name;
        element.style.top = `${MARGIN_PX + mark.at * this.track}px`;
        return element;
      }),
    );
  }

  /** @param {number} at  part of the track */
  textAt(at) {
    const group = this.groupAt(at);
    if (group?.days[0]?.name !== undefined) return group.days[0].name;
    const start = group?.days[0]?.start ?? group?.month ?? null;
    return start === null ? '' : this.words.month(start);
  }

  /** @param {number} at */
  groupAt(at) {
    const { layout, groups } = this.grid;
    if (!groups || !layout.rows) return null;
    let { block } = layout.row(layout.rowAt(topAt(at, this.size) + 1));
    while (block > 0 && !groups[block]) block -= 1;
    return groups[block];
  }

  /**
   * @param {number} at
   * @param {string} text
   */
  tell(at, text) {
    this.bubble.style.transform = `translateY(${MARGIN_PX + at * this.track}px)`;
    if (this.bubble.textContent !== text) this.bubble.textContent = text;
  }

  /** @param {PointerEvent} event */
  partOf(event) {
    return Math.max(
      0,
      Math.min(1, (event.clientY - this.host.getBoundingClientRect().top - MARGIN_PX) / this.track),
    );
  }

  /** @param {PointerEvent} event */
  onDown(event) {
    if (event.button > 0) return;
    event.preventDefault();
    this.host.setPointerCapture(event.pointerId);
    this.isDragging = true;
    this.host.classList.add('is-dragging');
    this.onMove(event);
  }

  /** @param {PointerEvent} event */
  onMove(event) {
    const at = this.partOf(event);
    this.tell(at, this.textAt(at));
    if (this.isDragging) this.grid.scrollTo(topAt(at, this.size));
  }

  drop() {
    this.isDragging = false;
    this.host.classList.remove('is-dragging');
    this.grid.host.focus({ preventScroll: true });
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    const steps = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: 12,
      PageUp: -12,
      Home: -Infinity,
      End: Infinity,
    };
    const step = /** @type {Record<string, number>} */ (steps)[event.key];
    if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.go(step);
  }

  /** @param {number} months  or names, forwards; infinite: to an end */
  go(months) {
    const { groups, layout, scroller } = this.grid;
    const { isNamed } = this;
    const tops = (groups ?? []).flatMap((group, block) =>
      group && (isNamed || group.month !== null) ? [layout.blockTop(block)] : [],
    );
    const here = tops.filter((top) => top <= scroller.top + 8).length - 1;
    const to = Math.max(0, Math.min(tops.length - 1, here + months));
    this.grid.scrollTo(months === Infinity ? layout.height : to === 0 ? 0 : tops[to]);
  }

  linger() {
    this.host.classList.add('is-used');
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.host.classList.remove('is-used'), LINGER_MS);
  }
}

/**
 * @param {HTMLElement} host
 * @param {string} name
 */
function part(host, name) {
  const element = document.createElement('div');
  element.className = name;
  element.setAttribute('aria-hidden', 'true');
  host.append(element);
  return element;
}
