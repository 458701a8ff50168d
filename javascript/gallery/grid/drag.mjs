import { typeOf } from '../lib/media.mjs';
import { HOME } from '../lib/router.mjs';

/** @typedef {import('../lib/types.mjs').Item} Item */
/** @typedef {import('../app/parts.mjs').Parts} Parts */

/**
 * Whatever shows a folder, a tag or an album has its path or id in this attribute, and files can be
 * dropped on it; ``data-mark`` is where one is chosen.
 */
const TARGET = '[data-folder], [data-tag], [data-album], [data-mark]';
const BUSY = 'is-drop';
/** Files that are held this long over a view go on into it. */
const SPRING_MS = 700;

/**
 * Drags files to folders of the page, where they move (with Ctrl they are copied), to tags and albums, which
 * they get, and out to other programs.
 */
export class Drag {
  /**
   * @typedef {'api'|'display'|'fileOperations'|'marks'|'navigation'} Does
   * @param {Pick<Parts, Does|'store'|'subjects'|'words'>} parts
   */
  constructor({ api, display, fileOperations, marks, navigation, store, subjects, words }) {
    this.api = api;
    this.display = display;
    this.fileOperations = fileOperations;
    this.marks = marks;
    this.navigation = navigation;
    this.spring = 0;
    this.store = store;
    this.subjects = subjects;
    this.words = words;
    /** What is being dragged. @type {import('../actions/subject.mjs').Subject|null} */
    this.subject = null;
    /** @type {Element|null} */
    this.over = null;
  }

  /** @param {HTMLElement} grid */
  listen(grid) {
    // With a finger a long press selects; a drag of the browser's own would take it over.
    grid.addEventListener(
      'pointerdown',
      (event) => {
        const tile = /** @type {HTMLElement|null} */ (
          /** @type {Element} */ (event.target).closest('.tile')
        );
        if (tile) tile.draggable = event.pointerType !== 'touch';
      },
      { capture: true },
    );
    grid.addEventListener('dragstart', (event) => this.start(event));
    document.addEventListener('dragend', () => this.end());
    // Where the dragged tile has left the page meanwhile, its end is not told.
    document.addEventListener('pointerdown', () => this.end());
    document.addEventListener('dragover', (event) => this.move(event));
    document.addEventListener('drop', (event) => this.drop(event));
  }

  /** @param {DragEvent} event */
  start(event) {
    const tile = /** @type {Element} */ (event.target).closest?.('.tile');
    const transfer = event.dataTransfer;
    const item = tile ? this.display.item(Number(tile.id.slice('tile-'.length))) : null;
    if (item?.is !== 'known' || !transfer || this.display.list?.isRoots || event.defaultPrevented)
      return;
    const selected = this.subjects.current();
    this.subject =
      selected.count > 1 && selected.has(item.path) ? selected : this.subjects.of([item]);
    transfer.effectAllowed = 'all';
    // A page that changes while a drag begins ends it.
    setTimeout(() => this.subject && this.store.set({ dragging: !this.store.state.readOnly }));
    transfer.setData(
      'text/plain',
      this.subject.items.map(({ path }) => path).join('\n') || item.path,
    );
    if (this.subject.count > 1)
      transfer.setDragImage(stackOf(this.subject.count, this.words.formats.number), -8, -8);
    else if (item.kind !== 'dir')
      offerFile(
        transfer,
        item,
        this.api.file(item.path, item.date, item.name),
        this.api.file(item.path, item.date),
      );
  }

  /**
   * What the mouse is over, where it takes what is dragged.
   * @param {DragEvent} event
   * @returns {HTMLElement|null}
   */
  targetOf(event) {
    const target = /** @type {HTMLElement|null} */ (
      /** @type {Element} */ (event.target).closest?.(TARGET)
    );
    if (!this.subject || !target || this.store.state.readOnly) return null;
    const { folder } = target.dataset;
    const takes = folder ? this.subject.goesTo(folder) : !this.subject.extent.folders;
    return takes ? target : null;
  }

  /** @param {DragEvent} event */
  move(event) {
    if (!this.subject) return;
    const target = this.targetOf(event);
    if (target !== this.over) {
      this.over?.classList.remove(BUSY);
      target?.classList.add(BUSY);
      this.over = target;
      clearTimeout(this.spring);
      const view = target?.dataset.mark;
      if (view) this.spring = setTimeout(() => this.enter(view), SPRING_MS);
    }
    if (!target || !event.dataTransfer) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = target.dataset.folder ? this.effectOf(event) : 'link';
  }

  /** @param {DragEvent} event */
  effectOf(event) {
    return event.ctrlKey || event.altKey ? 'copy' : 'move';
  }

  /**
   * Shows the view of all tags or albums, on which the files can be dropped too.
   * @param {string} mark
   */
  enter(mark) {
    this.navigation.go({ ...HOME, view: mark === 'tag' ? 'tags' : 'albums' });
  }

  /** @param {DragEvent} event */
  drop(event) {
    const { subject } = this;
    const given = this.targetOf(event)?.dataset;
    this.end();
    if (!subject || !given) return;
    event.preventDefault();
    this.give(subject, given, this.effectOf(event));
  }

  /**
   * @param {import('../actions/subject.mjs').Subject} subject
   * @param {DOMStringMap} target  what the files were dropped on
   * @param {'copy'|'move'} effect
   */
  async give(subject, { album, color = '', folder, mark, name = '', tag }, effect) {
    if (folder) this.fileOperations.transfer(effect, subject, folder);
    else if (mark === 'tag' || mark === 'album')
      this.store.set({ dialog: { kind: mark, subject } });
    else if (tag) await this.marks.tag(subject, { id: Number(tag), name, color }, 'add');
    else await this.marks.album(subject, { id: Number(album), name }, 'add');
  }

  end() {
    clearTimeout(this.spring);
    this.over?.classList.remove(BUSY);
    this.over = null;
    this.subject = null;
    if (this.store.state.dragging) this.store.set({ dragging: false });
  }
}

/**
 * The file for other programs: the desktop saves it, other pages get its address.
 * @param {DataTransfer} transfer
 * @param {Item} item
 * @param {string} download
 * @param {string} url
 */
function offerFile(transfer, item, download, url) {
  // The name ends at a colon.
  transfer.setData(
    'DownloadURL',
    `${typeOf(item.name)}:${item.name.replaceAll(':', '_')}:${download}`,
  );
  transfer.setData('text/uri-list', url);
}

/**
 * A small sign with the number of files, shown under the mouse.
 * @param {number} count
 * @param {(value: number) => string} number
 */
function stackOf(count, number) {
  const sign = document.createElement('div');
  sign.className = 'drag-sign';
  sign.textContent = number(count);
  document.body.append(sign);
  setTimeout(() => sign.remove());
  return sign;
}
