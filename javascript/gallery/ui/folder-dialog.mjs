import {
  html,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from '../vendor/preact/standalone.mjs';
import { baseName } from '../lib/paths.mjs';
import { Button, IconButton } from './button.mjs';
import { Dialog, DialogButtons } from './dialog.mjs';
import { valueOf } from './events.mjs';
import { Icon } from './icons.mjs';

/** @typedef {import('../lib/i18n.mjs').Translate} Translate */
/** @typedef {{name: string, path: string}} Folder */
/** @typedef {{folders: Folder[], problem: string}} Listed */
/** @typedef {(words: string, signal: AbortSignal) => Promise<Folder[]>} Search  looks for folders by words */

/** A path from the top of a disk or of a network share. */
const PATH = /^([\\/]|~|[a-z]:[\\/])/;

/**
 * @typedef {Object} FolderDialogProps
 * @property {Translate} t
 * @property {string} title
 * @property {string} verb  what the button does, e.g. Move here
 * @property {string|null} start  the folder it opens on; null: the roots
 * @property {string|null} home  the folder that is shown where that one is gone
 * @property {string[]} recent
 * @property {string} [recentTitle]  what stands above these
 * @property {boolean} [takesPaths]  a whole path can be typed
 * @property {(folder: string) => boolean} [canChoose]
 * @property {Search|null} search  null: only the folders that are shown are filtered
 * @property {(folder: string|null) => (Folder & {path: string|null})[]} way  from the roots to a folder
 * @property {(folder: string|null, signal: AbortSignal) => Promise<Listed>} list
 * @property {(parent: string, name: string) => Promise<string|null>} make  the new folder; null where it
 *   could not be made
 * @property {(folder: string) => void} onChoose
 * @property {() => void} onClose
 */

/**
 * Chooses a folder: by the last ones used, level by level, by typing, or a new one.
 * @param {FolderDialogProps} props
 */
export function FolderDialog(props) {
  const { t } = props;
  const [folder, setFolder] = useState(props.start);
  const [folders, setFolders] = useState(/** @type {Folder[]|null} */ (null));
  const [problem, setProblem] = useState('');
  const [filter, setFilter] = useState('');
  const [naming, setNaming] = useState(false);
  // Enter came before the folders did: the first that fits is entered when they are there, and none
  // is chosen until then.
  const [entering, setEntering] = useState(false);
  const field = useRef(/** @type {HTMLInputElement|null} */ (null));
  const list = useRef(/** @type {HTMLElement|null} */ (null));
  const above = (/** @type {string} */ path) => props.way(path).at(-2)?.path ?? null;
  const mayChoose = (/** @type {string|null} */ path) =>
    path !== null && (props.canChoose?.(path) ?? true);
  useEffect(() => {
    const abort = new AbortController();
    setFolders(null);
    props.list(folder, abort.signal).then((answer) => {
      if (abort.signal.aborted) return;
      if (answer.problem && folder === props.start && folder !== props.home) {
        setFolder(props.home);
        return;
      }
      // Where files are already, with nothing below it, there is nothing to choose.
      const isOver = !answer.folders.length && !answer.problem && !mayChoose(folder);
      if (isOver && folder !== null && folder === props.start) {
        setFolder(above(folder));
        return;
      }
      setFolders(answer.folders);
      setProblem(answer.problem);
    });
    return () => abort.abort();
  }, [folder]);
  useLayoutEffect(() => field.current?.focus(), []);
  const needle = filter.trim().toLowerCase();
  const [found, isSearching] = useFound(props.search, needle);
  useLayoutEffect(() => {
    if (!entering || folders === null || (isSearching && !firstRow())) return;
    setEntering(false);
    firstRow()?.click();
  }, [entering, folders, found, isSearching]);
  const enter = (/** @type {string|null} */ path) => {
    setFolder(path);
    setFilter('');
    setNaming(false);
    field.current?.focus();
  };
  const firstRow = () =>
    /** @type {HTMLElement|null} */ (list.current?.querySelector('.folders__row') ?? null);
  const isPath = props.takesPaths && PATH.test(needle);
  const shown = (folders ?? []).filter(({ name }) => name.toLowerCase().includes(needle));
  const recent = props.recent.filter(
    (path) => path !== folder && (needle ? path.toLowerCase().includes(needle) : true),
  );
  const elsewhere = found.filter(
    ({ path }) => !recent.includes(path) && !shown.some((one) => one.path === path),
  );
  // A path that was typed is shown before it is chosen.
  const canChoose = isPath || (!entering && mayChoose(folder));
  const choose = () => {
    if (isPath) enter(filter.trim());
    else if (canChoose && folder !== null) props.onChoose(folder);
  };
  /** @param {KeyboardEvent} event */
  const onKey = (event) => {
    const rows = /** @type {HTMLElement[]} */ ([
      ...(list.current?.querySelectorAll('.folders__row') ?? []),
    ]);
    const at = rows.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    if (event.key === 'ArrowDown') rows[Math.min(at + 1, rows.length - 1)]?.focus();
    else if (event.key === 'ArrowUp') (at > 0 ? rows[at - 1] : field.current)?.focus();
    else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) choose();
    else if (event.key === 'Enter' && event.target === field.current && isPath)
      enter(filter.trim());
    else if (event.key === 'Enter' && event.target === field.current && needle) setEntering(true);
    else if (event.key === 'Enter' && event.target === field.current) choose();
    else if (
      event.key === 'Backspace' &&
      !filter &&
      folder !== null &&
      event.target === field.current
    )
      enter(above(folder));
    else return;
    event.preventDefault();
  };
  const make = async (/** @type {string} */ name) => {
    const made = folder === null ? null : await props.make(folder, name);
    if (made !== null) enter(made);
  };
  const label = t(props.takesPaths ? 'roots.filter' : 'dialog.searchFolders');
  const noMatch = isSearching ? 'dialog.searchingFolders' : 'dialog.noFolderMatches';
  const noneHere = needle ? noMatch : 'dialog.noFolders';
  const none = isPath ? 'dialog.enterPath' : noneHere;
  return html`<${Dialog}
    title=${props.title}
    dismiss=${t('dialog.cancel')}
    kind="is-folders"
    onClose=${props.onClose}
  >
    <div class="folders" ref=${list} onKeyDown=${onKey}>
      <${Way} label=${t('crumbs.label')} steps=${props.way(folder)} onOpen=${enter} />
      <div class="folders__tools">
        <input
          ref=${field}
          class="folders__filter"
          type="text"
          autocomplete="off"
          spellcheck=${false}
          placeholder=${label}
          aria-label=${label}
          value=${filter}
          onInput=${(/** @type {Event} */ event) => setFilter(valueOf(event))}
        />
        <${IconButton}
          icon="folder-plus"
          label=${t('dialog.newFolder')}
          disabled=${folder === null}
          pressed=${naming}
          onClick=${() => setNaming(!naming)}
        />
      </div>
      ${naming && folder !== null && html`<${NewFolder} t=${t} make=${make} />`}
      <${FolderRows}
        t=${t}
        recent=${recent}
        recentTitle=${props.recentTitle ?? t('dialog.recent')}
        folders=${shown}
        elsewhere=${elsewhere}
        none=${folders && (problem || t(none))}
        onOpen=${enter}
      />
    </div>
    <${DialogButtons}>
      <${Button} label=${t('dialog.cancel')} onClick=${props.onClose} />
      <${Button}
        label=${props.verb}
        kind="is-primary"
        disabled=${!canChoose}
        onClick=${choose}
        title="Ctrl + Enter"
      />
    <//>
  <//>`;
}

/**
 * What a search finds, and whether it goes on.
 * @param {Search|null} search
 * @param {string} needle
 * @returns {[Folder[], boolean]}
 */
function useFound(search, needle) {
  const [result, setResult] = useState({ needle: '', found: /** @type {Folder[]} */ ([]) });
  useEffect(() => {
    if (!needle || !search) return undefined;
    const abort = new AbortController();
    search(needle, abort.signal).then(
      (found) => !abort.signal.aborted && setResult({ needle, found }),
    );
    return () => abort.abort();
  }, [needle]);
  const isCurrent = result.needle === needle && needle !== '';
  return [isCurrent ? result.found : [], search !== null && needle !== '' && !isCurrent];
}

/** @typedef {Folder & {path: string|null}} WayStep */

/**
 * The way from the roots to the folder.
 * @param {{label: string, steps: WayStep[], onOpen: (path: string|null) => void}} props
 */
function Way({ label, steps, onOpen }) {
  const step = (/** @type {WayStep} */ { name, path }, /** @type {number} */ i) => html`<span>
    ${i > 0 && html`<${Icon} name="chevron-right" />`}
    <button
      type="button"
      class="link"
      aria-current=${i === steps.length - 1 ? 'location' : null}
      onClick=${() => onOpen(path)}
    >
      ${name}
    </button>
  </span>`;
  return html`<nav class="folders__way" aria-label=${label}>${steps.map(step)}</nav>`;
}

/**
 * @typedef {Object} FolderRowsProps
 * @property {Translate} t
 * @property {string[]} recent
 * @property {string} recentTitle
 * @property {Folder[]} folders
 * @property {Folder[]} elsewhere  found in other folders
 * @property {string|null} none  what is said where there are no folders; null while they are on their way
 * @property {(path: string) => void} onOpen
 */

/**
 * Folders that can be entered: the last ones used, those that are here, and those found elsewhere.
 * @param {FolderRowsProps} props
 */
function FolderRows({ t, recent, recentTitle, folders, elsewhere, none, onOpen }) {
  const recentRow = (/** @type {string} */ path) => html`<${Row}
    key=${`recent ${path}`}
    icon="history"
    name=${baseName(path)}
    detail=${path}
    onOpen=${() => onOpen(path)}
  />`;
  const row = (/** @type {Folder} */ { name, path }, detail = '') =>
    html`<${Row} key=${path} icon="folder" name=${name} detail=${detail} onOpen=${() => onOpen(path)} />`;
  const isEmpty = !folders.length && !elsewhere.length;
  return html`<div class="folders__list">
    ${recent.length > 0 && html`<h3>${recentTitle}</h3>`}
    ${recent.map(recentRow)}
    ${folders.length > 0 && html`<h3>${t('dialog.foldersHere')}</h3>`}
    ${folders.map((one) => row(one))}
    ${elsewhere.length > 0 && html`<h3>${t('dialog.foldersElsewhere')}</h3>`}
    ${elsewhere.map((one) => row(one, one.path))}
    ${none && isEmpty && html`<p class="folders__none">${none}</p>`}
  </div>`;
}

/** @param {{icon: string, name: string, detail?: string, onOpen: () => void}} props */
function Row({ icon, name, detail = '', onOpen }) {
  return html`<button type="button" class="folders__row" title=${detail || name} onClick=${onOpen}>
    <${Icon} name=${icon} />
    <span>${name}</span>
    ${detail && html`<small>${detail}</small>`}
    <${Icon} name="chevron-right" />
  </button>`;
}

/** @param {{t: Translate, make: (name: string) => Promise<void>}} props */
function NewFolder({ t, make }) {
  const field = useRef(/** @type {HTMLInputElement|null} */ (null));
  const [name, setName] = useState('');
  useLayoutEffect(() => field.current?.focus(), []);
  const submit = () => name.trim() && make(name.trim());
  const label = t('dialog.folderName');
  /** @param {KeyboardEvent} event */
  const onKeyDown = (event) => {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    event.stopPropagation();
    submit();
  };
  return html`<div class="folders__new">
    <${Icon} name="folder-plus" />
    <input
      ref=${field}
      type="text"
      autocomplete="off"
      aria-label=${label}
      placeholder=${label}
      value=${name}
      onInput=${(/** @type {Event} */ event) => setName(valueOf(event))}
      onKeyDown=${onKeyDown}
    />
    <${Button} label=${t('dialog.make')} disabled=${!name.trim()} onClick=${submit} />
  </div>`;
}
