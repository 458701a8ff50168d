/**
 * What is dropped on the page: files, and folders with what is in them.
 * @typedef {Map<string, File[]>} Dropped  files by the folder that holds them, relative to where they are
 *   dropped; '' for those outside of any
 * @typedef {FileSystemEntry|File} Source
 */

/** Deeper folders are not looked into. */
const MAX_DEPTH = 20;

/**
 * Whether a drag brings files from another program.
 * @param {DataTransfer|null} transfer
 */
export function hasFiles(transfer) {
  return transfer?.types.includes('Files') ?? false;
}

/**
 * What can be read of a drag only while its event is handled.
 * @param {DataTransfer} transfer
 * @returns {Source[]}
 */
export function sourcesOf(transfer) {
  const items = [...transfer.items].filter(({ kind }) => kind === 'file');
  return items
    .map((item) => item.webkitGetAsEntry() ?? item.getAsFile())
    .filter((source) => source !== null);
}

/**
 * @param {Source[]} sources
 * @returns {Promise<Dropped>}
 */
export async function readSources(sources) {
  /** @type {Dropped} */
  const dropped = new Map();
  const left = sources.map((source) => ({ source, folder: '', depth: 0 })).reverse();
  for (let next = left.pop(); next; next = left.pop()) {
    const { source, folder, depth } = next;
    if (source instanceof File || source.isFile) {
      const file = await fileOf(source);
      if (file) dropped.set(folder, [...(dropped.get(folder) ?? []), file]);
    } else if (depth < MAX_DEPTH) {
      const inside = await childrenOf(/** @type {FileSystemDirectoryEntry} */ (source));
      const path = folder ? `${folder}/${source.name}` : source.name;
      left.push(...inside.map((child) => ({ source: child, folder: path, depth: depth + 1 })));
    }
  }
  return dropped;
}

/** @param {Dropped} dropped */
export function countOf(dropped) {
  return [...dropped.values()].reduce((sum, files) => sum + files.length, 0);
}

/**
 * Null where it went away meanwhile.
 * @param {Source} source
 * @returns {Promise<File|null>}
 */
function fileOf(source) {
  if (source instanceof File) return Promise.resolve(source);
  return new Promise((resolve) => {
    /** @type {FileSystemFileEntry} */ (source).file(resolve, () => resolve(null));
  });
}

/**
 * @param {FileSystemDirectoryEntry} entry
 * @returns {Promise<FileSystemEntry[]>}
 */
async function childrenOf(entry) {
  const reader = entry.createReader();
  /** @type {FileSystemEntry[]} */
  const all = [];
  for (;;) {
    // A reader hands out a hundred at a time, and none at the end.
    /** @type {FileSystemEntry[]} */
    const some = await new Promise((resolve) => {
      reader.readEntries(resolve, () => resolve([]));
    });
    if (!some.length) return all;
    all.push(...some);
  }
}
