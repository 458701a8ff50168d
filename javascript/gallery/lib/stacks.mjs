/**
 * ``12 files in 3 stacks``; where there are others too, that only a part of the files is in stacks.
 * @param {{count: number, stacks: number, alone: number}} what  files, stacks, and files beside these
 * @param {{t: import('./i18n.mjs').Translate, formats: import('./format.mjs').Formats}} words
 */
export function stackedText({ count, stacks, alone }, { t, formats }) {
  const files = t('summary.files', { count, number: formats.number(count) });
  return t(alone ? 'stack.mixed' : 'stack.files', {
    count: stacks,
    number: formats.number(stacks),
    files,
  });
}
