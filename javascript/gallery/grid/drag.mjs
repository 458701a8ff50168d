import { typeOf } from '../lib/media.mjs';

/** @typedef {import('../lib/types.mjs').Item} Item */
/** @typedef {import('../app/parts.mjs').Parts} Parts */

/** Whatever shows a folder has its path in this attribute, and files can be dropped on it. */
const TARGET = '[data-folder]';
const BUSY = 'is-drop';

/**
 * Drags files to folders of the page, where they move (with Ctrl they are copied), and out to other
 * programs.
 */
export class Drag {
  /** @param {Pick<Parts, 'api'|'display'|'fileOperations'|'store'|'subjects'|'words'>} parts */
  constructor({ api, display, fileOperations, store, subjects, words }) {
    this.api = api;
    this.display = display;
    this.fileOperations = fileOperations;
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
    transfer.effectAllowed = 'copyMove';
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
   * The folder that the mouse is over, where it takes what is dragged.
   * @param {DragEvent} event
   * @returns {HTMLElement|null}
   */
  targetOf(event) {
    const target = /** @type {HTMLElement|null} */ (
      /** @type {Element} */ (event.target).closest?.(TARGET)
    );
    const folder = target?.dataset.folder;
    if (!this.subject || !folder || this.store.state.readOnly) return null;
    return this.subject.goesTo(folder) ? target : null;
  }

  /** @param {DragEvent} event */
  move(event) {
    if (!this.subject) return;
    const target = this.targetOf(event);
    if (target !== this.over) {
      this.over?.classList.remove(BUSY);
      target?.classList.add(BUSY);
      this.over = target;
    }
    if (!target || !event.dataTransfer) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = event.ctrlKey || event.altKey ? 'copy' : 'move';
  }

  /** @param {DragEvent} event */
  drop(event) {
    const { subject } = this;
    const folder = this.targetOf(event)?.dataset.folder;
    this.end();
    if (!subject || !folder) return;
    event.preventDefault();
    this.fileOperations.transfer(event.ctrlKey || event.altKey ? 'copy' : 'move', subject, folder);
  }

  end() {
    this.over?.classList.remove(BUSY);
    this.over = null;
    this.subject = null;
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
