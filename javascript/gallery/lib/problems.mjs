import { rootOf } from './paths.mjs';

/** @typedef {import('./types.mjs').Root} Root */

/**
 * What went wrong, as a state of the page: texts are keys of ours, ``detail`` is the server's own
 * sentence where it says more.
 * @typedef {Object} Problem
 * @property {'unreachable'|'login'|'not-made'|'offline'|'denied'|'missing'|'failed'} kind
 * @property {string} icon
 * @property {string} name  of the folder or root the texts speak of
 * @property {string} detail
 * @property {'retry'|'reload'|'home'} action
 */

/**
 * @param {{status: number, code: string, message: string}} error
 * @param {string|null} folder
 * @param {Root[]} roots
 * @returns {Problem}
 */
export function problemOf({ status, message }, folder, roots) {
  const root = folder === null ? null : rootOf(folder, roots);
  const name = root?.name ?? folder ?? '';
  if (status === 0)
    return { kind: 'unreachable', icon: 'unplug', name, detail: '', action: 'retry' };
  if (status === 401) return { kind: 'login', icon: 'lock', name, detail: '', action: 'reload' };
  if (root?.not_made)
    return { kind: 'not-made', icon: 'folder', name, detail: '', action: 'retry' };
  // That its drive has just gone is not known yet.
  const isRootGone = status === 404 && root?.path === folder;
  if (root && (!root.online || isRootGone))
    return { kind: 'offline', icon: 'unplug', name, detail: '', action: 'retry' };
  if (status === 403) return { kind: 'denied', icon: 'lock', name, detail: '', action: 'home' };
  if (status === 404)
    return { kind: 'missing', icon: 'folder', name: folder ?? '', detail: '', action: 'home' };
  return { kind: 'failed', icon: 'circle-alert', name, detail: message, action: 'retry' };
}
