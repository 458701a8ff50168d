/**
 * What can be done with files, as a table, one row an action: the context menu, the bar of a
 * selection, the keys and their sheet all come from it.
 * @typedef {'one'|'some'|'few'|'many'} Needs  how many files it is about; few: two to four; many: several
 *   files, or folders with whatever else
 * @typedef {'look'|'same'|'mark'|'file'|'copy'|'away'} Group  what stands together in the menu
 *
 * @typedef {Object} Command
 * @property {string} name
 * @property {string} icon
 * @property {string} label  key of the text
 * @property {Group} group
 * @property {Needs} needs
 * @property {string[]} keys  as in lib/keys.mjs
 * @property {boolean} [writes]  it changes something, so that a server that only reads has no such thing
 * @property {boolean} [folders]  it can be done with folders too
 * @property {boolean} [inStack]  it can be done in a stack that is open, and nowhere else
 * @property {boolean} [onlyFolders]  it can be done with nothing else
 * @property {boolean} [inBar]  it has a button of its own in the bar of a selection
 */

/** More pictures than these are too small beside each other. */
export const MOST_BESIDE = 4;

/** @type {Command[]} */
export const COMMANDS = [
  {
    name: 'similar',
    icon: 'scan-search',
    label: 'action.similar',
    group: 'look',
    needs: 'one',
    keys: ['w'],
  },
  {
    name: 'compare',
    icon: 'columns-2',
    label: 'action.compare',
    group: 'look',
    needs: 'few',
    keys: ['v'],
  },
  {
    name: 'showInFolder',
    icon: 'folder-open',
    label: 'action.showInFolder',
    group: 'look',
    needs: 'one',
    keys: ['o'],
    folders: true,
  },
  {
    name: 'openFolder',
    icon: 'folder',
    label: 'action.openFolder',
    group: 'look',
    needs: 'one',
    keys: ['Shift+o'],
    folders: true,
    writes: true,
  },
  {
    name: 'pinFolder',
    icon: 'pin',
    label: 'action.pinFolder',
    group: 'look',
    needs: 'one',
    keys: ['Shift+b'],
    folders: true,
    onlyFolders: true,
  },
  {
    name: 'initImage',
    icon: 'images',
    label: 'action.initImage',
    group: 'look',
    needs: 'one',
    keys: [],
  },
  {
    name: 'sameSeed',
    icon: 'search',
    label: 'action.sameSeed',
    group: 'same',
    needs: 'one',
    keys: [],
  },
  {
    name: 'samePrompt',
    icon: 'search',
    label: 'action.samePrompt',
    group: 'same',
    needs: 'one',
    keys: [],
  },
  {
    name: 'sameModel',
    icon: 'search',
    label: 'action.sameModel',
    group: 'same',
    needs: 'one',
    keys: [],
  },
  {
    name: 'like',
    icon: 'heart',
    label: 'action.like',
    group: 'mark',
    needs: 'some',
    keys: ['l'],
    writes: true,
    inBar: true,
  },
  {
    name: 'tag',
    icon: 'tag',
    label: 'action.tag',
    group: 'mark',
    needs: 'some',
    keys: ['t'],
    writes: true,
    inBar: true,
  },
  {
    name: 'album',
    icon: 'album',
    label: 'action.album',
    group: 'mark',
    needs: 'some',
    keys: ['a'],
    writes: true,
    inBar: true,
  },
  {
    name: 'editMarks',
    icon: 'tags',
    label: 'action.editMarks',
    group: 'mark',
    needs: 'some',
    keys: ['Shift+t'],
    writes: true,
  },
  {
    name: 'stackCover',
    icon: 'layers',
    label: 'action.stackCover',
    group: 'mark',
    needs: 'one',
    keys: ['Shift+k'],
    writes: true,
    inStack: true,
  },
  {
    name: 'rename',
    icon: 'pencil',
    label: 'action.rename',
    group: 'file',
    needs: 'one',
    keys: ['F2'],
    folders: true,
    writes: true,
  },
  {
    name: 'renameMany',
    icon: 'pencil',
    label: 'action.renameMany',
    group: 'file',
    needs: 'many',
    keys: ['Shift+F2'],
    writes: true,
  },
  {
    name: 'move',
    icon: 'folder-input',
    label: 'action.move',
    group: 'file',
    needs: 'some',
    keys: ['m'],
    folders: true,
    writes: true,
    inBar: true,
  },
  {
    name: 'copyTo',
    icon: 'copy-plus',
    label: 'action.copyTo',
    group: 'file',
    needs: 'some',
    keys: ['Shift+m'],
    folders: true,
    writes: true,
  },
  {
    name: 'organise',
    icon: 'folder-kanban',
    label: 'action.organise',
    group: 'file',
    needs: 'many',
    keys: ['Shift+s'],
    folders: true,
    writes: true,
    inBar: true,
  },
  {
    name: 'duplicates',
    icon: 'copy-check',
    label: 'action.duplicates',
    group: 'file',
    needs: 'many',
    keys: ['Shift+x'],
    folders: true,
  },
  {
    name: 'download',
    icon: 'download',
    label: 'action.download',
    group: 'file',
    needs: 'some',
    keys: ['d'],
    folders: true,
    inBar: true,
  },
  {
    name: 'downloadClean',
    icon: 'download',
    label: 'action.downloadClean',
    group: 'file',
    needs: 'some',
    keys: [],
  },
  { name: 'share', icon: 'share-2', label: 'action.share', group: 'file', needs: 'some', keys: [] },
  {
    name: 'copyImage',
    icon: 'image',
    label: 'action.copyImage',
    group: 'copy',
    needs: 'one',
    keys: ['y'],
  },
  {
    name: 'copy',
    icon: 'file-text',
    label: 'action.copyText',
    group: 'copy',
    needs: 'some',
    keys: ['c'],
  },
  {
    name: 'copyPrompt',
    icon: 'copy',
    label: 'action.copyPrompt',
    group: 'copy',
    needs: 'some',
    keys: ['Shift+p'],
  },
  {
    name: 'copyPath',
    icon: 'copy',
    label: 'action.copyPath',
    group: 'copy',
    needs: 'some',
    keys: ['Shift+c'],
    folders: true,
  },
  {
    name: 'editText',
    icon: 'pencil',
    label: 'action.editText',
    group: 'copy',
    needs: 'one',
    keys: ['e'],
    writes: true,
  },
  {
    name: 'delete',
    icon: 'trash-2',
    label: 'action.delete',
    group: 'away',
    needs: 'some',
    keys: ['Delete'],
    folders: true,
    writes: true,
    inBar: true,
  },
];

/**
 * What an action would be about, as far as the table needs to know.
 * @typedef {{count: number, folders: number, readOnly: boolean, inStack?: boolean}} Extent
 */

/**
 * Whether an action makes sense here.
 * @param {Command} command
 * @param {Extent} extent
 */
export function fits(command, extent) {
  const { needs, writes = false, folders = false } = command;
  if (command.inStack && !extent.inStack) return false;
  if (command.onlyFolders && !extent.folders) return false;
  if (writes && extent.readOnly) return false;
  if (extent.folders && !folders) return false;
  if (needs === 'one') return extent.count === 1;
  if (needs === 'many') return extent.folders > 0 || extent.count > 1;
  if (needs === 'few') return extent.count >= 2 && extent.count <= MOST_BESIDE;
  return extent.count > 0;
}

/**
 * The key of what is said where an action does not fit; '' where it has no meaning at all.
 * @param {Command} command
 * @param {Extent} extent
 */
export function whyNot(command, extent) {
  const { needs, writes = false, folders = false, inStack, onlyFolders } = command;
  if (inStack || onlyFolders || fits(command, extent)) return '';
  if (writes && extent.readOnly) return 'library.readOnly.title';
  if (extent.folders && !folders) return 'action.needs.files';
  return extent.count ? `action.needs.${needs}` : 'action.needs.some';
}

/**
 * @param {string} name
 * @returns {Command}
 */
export function getCommand(name) {
  const command = COMMANDS.find((row) => row.name === name);
  if (!command) throw new RangeError(`no command ${name}`);
  return command;
}
