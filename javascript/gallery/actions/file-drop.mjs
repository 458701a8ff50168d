import { sourcesOf, hasFiles } from '../lib/dropped.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */

/** A drag that leaves the window says nothing: without a word of it for this long it is over. */
const SILENT_MS = 250;

/**
 * Takes files that are dragged from other programs. They go into the folder under the mouse, else into the
 * one that is shown; where none is shown the user chooses one.
 */
export class FileDrop {
  /** @param {Parts} parts */
  constructor(parts) {
    this.parts = parts;
    this.timer = 0;
    /** Something of the page itself is dragged, which the browser also offers as a file. */
    this.isOwn = false;
    /** @type {Element|null} */
    this.over = null;
  }

  listen() {
    document.addEventListener('dragstart', () => this.own(true), { capture: true });
    document.addEventListener('dragend', () => this.own(false), { capture: true });
    document.addEventListener('dragover', (event) => this.move(event));
    document.addEventListener('drop', (event) => this.drop(event));
  }

  /** @param {boolean} isOwn */
  own(isOwn) {
    this.isOwn = isOwn;
  }

  /** @param {DragEvent} event */
  move(event) {
    const { dataTransfer: transfer } = event;
    if (this.isOwn || !transfer || !hasFiles(transfer)) return;
    // Without this the browser would leave the page to show the file.
    event.preventDefault();
    const { dialog, readOnly } = this.parts.store.state;
    if (readOnly || dialog) {
      transfer.dropEffect = 'none';
      return;
    }
    transfer.dropEffect = 'copy';
    this.show(event);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.end(), SILENT_MS);
  }

  /** @param {DragEvent} event */
  show(event) {
    const target = targetOf(event);
    if (target !== this.over) {
      this.over?.classList.remove('is-drop');
      target?.classList.add('is-drop');
      this.over = target;
    }
    const { store } = this.parts;
    const dropInto = this.folderOf(event);
    if (store.state.dropInto !== dropInto) store.set({ dropInto });
  }

  /**
   * Where files would go; '' where the user is to choose.
   * @param {DragEvent} event
   */
  folderOf(event) {
    const { folder, view } = this.parts.store.state;
    return (
      targetOf(event)?.dataset.folder ??
      (view === 'folders' || view === 'library' ? (folder ?? '') : '')
    );
  }

  /** @param {DragEvent} event */
  async drop(event) {
    const { dataTransfer: transfer } = event;
    if (this.isOwn || !transfer || !hasFiles(transfer)) return;
    event.preventDefault();
    this.end();
    const { dialog, readOnly } = this.parts.store.state;
    if (readOnly || dialog) return;
    const [sources, folder] = [sourcesOf(transfer), this.folderOf(event)];
    const { Uploads } = await import('./uploads.mjs');
    await new Uploads(this.parts).take(sources, folder);
  }

  end() {
    clearTimeout(this.timer);
    this.over?.classList.remove('is-drop');
    this.over = null;
    this.parts.store.set({ dropInto: null });
  }
}

/**
 * What shows a folder below the mouse.
 * @param {DragEvent} event
 * @returns {HTMLElement|null}
 */
function targetOf(event) {
  return /** @type {HTMLElement|null} */ (
    /** @type {Element} */ (event.target).closest?.('[data-folder]')
  );
}
