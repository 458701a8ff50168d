/**
 * What a list holds: folders, files, bytes; '' for what is not there.
 * @param {{folders: number, files: number, bytes: number}} totals
 * @param {import('../app/view.mjs').Words} words
 */
export function summaryOf({ folders, files, bytes }, { t, formats }) {
  return [
    folders > 0 ? t('summary.folders', { count: folders, number: formats.number(folders) }) : '',
    files > 0 ? t('summary.files', { count: files, number: formats.number(files) }) : '',
    bytes > 0 ? formats.bytes(bytes) : '',
  ];
}
