/** What operations on files are called, with an icon each. @type {Record<string, string>} */
export const OPERATIONS = {
  copy: 'copy-plus',
  delete: 'trash-2',
  edit: 'pencil',
  flatten: 'folder-input',
  mkdirs: 'folder-plus',
  move: 'folder-input',
  organise: 'folder-kanban',
  rename: 'pencil',
  resolve: 'copy-check',
  undo: 'undo-2',
  upload: 'download',
};

/**
 * What the server's line about an operation says it was about: "Moved 3 items: /out/b".
 * @param {string} summary
 */
export function subjectOf(summary) {
  const at = summary.indexOf(': ');
  return at < 0 ? '' : summary.slice(at + 2);
}
