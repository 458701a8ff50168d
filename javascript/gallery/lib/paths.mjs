/** @typedef {import('./types.mjs').Root} Root */

/** @typedef {{name: string, path: string}} Crumb */

/**
 * True where a path is a folder or lies below it; both in the server's own spelling, POSIX or Windows.
 * @param {string} path
 * @param {string} folder
 * @returns {boolean}
 */
export function isWithin(path, folder) {
  const base = folder.replace(/[\\/]+$/, '');
  return (
    path === folder || path === base || path.startsWith(`${base}/`) || path.startsWith(`${base}\\`)
  );
}

/**
 * The root a folder belongs to, the deepest where roots are nested.
 * @param {string} folder
 * @param {Root[]} roots
 * @returns {Root|null}
 */
export function rootOf(folder, roots) {
  let best = null;
  for (const root of roots) {
    if (isWithin(folder, root.path) && (!best || root.path.length > best.path.length)) best = root;
  }
  return best;
}

/**
 * The way from the root down to the folder. A folder under no root gets the way from the top of the disk.
 * @param {string} folder
 * @param {Root[]} roots
 * @returns {Crumb[]}
 */
export function crumbs(folder, roots) {
  const root = rootOf(folder, roots);
  const separator = folder.includes('\\') && !folder.startsWith('/') ? '\\' : '/';
  let path = root ? root.path.replace(/[\\/]+$/, '') : '';
  const rest = folder.slice(path.length);
  /** @type {Crumb[]} */
  const way = root ? [{ name: root.name, path: root.path }] : [];
  for (const name of rest.split(/[\\/]/)) {
    if (!name) continue;
    path =
      path || !/^[A-Za-z]:$/.test(name)
        ? `${path}${path || separator === '/' ? separator : ''}${name}`
        : name;
    way.push({ name, path });
  }
  return way;
}

/**
 * A path below a folder, in the folder's own spelling.
 * @param {string} folder
 * @param {string} name  a name, or several with slashes between them
 */
export function joinPath(folder, name) {
  const separator = folder.includes('\\') && !folder.startsWith('/') ? '\\' : '/';
  return `${folder.replace(/[\\/]+$/, '')}${separator}${name.replaceAll('/', separator)}`;
}

/**
 * The last component of a path.
 * @param {string} path
 * @returns {string}
 */
export function baseName(path) {
  return (
    path
      .replace(/[\\/]+$/, '')
      .split(/[\\/]/)
      .pop() || path
  );
}

/**
 * The folder that a file is in.
 * @param {string} path
 * @returns {string}
 */
export function folderOf(path) {
  return path.slice(0, -baseName(path).length).replace(/(?<=.)[\\/]+$/, '');
}
