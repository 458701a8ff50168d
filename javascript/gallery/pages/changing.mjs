/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {Pick<Parts, 'marks'|'page'|'toasts'>} Needs */

/**
 * Changes a tag or an album, says why where that fails, and shows what is there now.
 * @param {Needs} parts
 * @param {() => Promise<unknown>} work
 */
export async function change({ marks, page, toasts }, work) {
  try {
    await work();
  } catch (error) {
    toasts.fail(error);
  }
  marks.forget();
  await page.refresh();
}
