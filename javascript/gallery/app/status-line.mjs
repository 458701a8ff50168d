/** @typedef {import('../lib/types.mjs').IndexStatus} IndexStatus */
/** @typedef {import('../ui/work.mjs').Work} Work */
/** @typedef {import('./parts.mjs').Parts} Parts */

/**
 * What goes on now: the index that is being built, jobs.
 * @param {Parts} parts
 * @returns {Work[]}
 */
export function worksOf(parts) {
  return [...indexWorks(parts), ...jobWorks(parts)];
}

/**
 * @param {Parts} parts
 * @returns {Work[]}
 */
function indexWorks(parts) {
  const { indexStatus, store, words } = parts;
  const { t, formats } = words;
  const { index, missing, problems, readOnly } = store.state;
  /** @type {Work[]} */
  const works = [];
  if (index) {
    const cancel = readOnly
      ? {}
      : { action: t('jobs.cancel'), onAction: () => indexStatus.cancel() };
    const part = index.total ? index.done / index.total : null;
    works.push({ key: 'index', text: indexText(index, words), part, ...cancel });
  }
  if (problems.length) {
    works.push({
      key: 'problems',
      icon: 'circle-alert',
      text: t('index.failed', { count: problems.length, number: formats.number(problems.length) }),
      action: t('index.show'),
      onAction: () => indexStatus.showProblems(),
    });
  }
  if (missing) {
    works.push({
      key: 'missing',
      icon: 'circle-alert',
      text: t('missing.found', { count: missing, number: formats.number(missing) }),
      action: t('missing.review'),
      onAction: async () => (await import('../library/missing-files.mjs')).review(parts),
    });
  }
  return works;
}

/**
 * @param {Pick<Parts, 'jobs'|'store'|'words'>} parts
 * @returns {Work[]}
 */
function jobWorks({ jobs, store, words: { t, formats } }) {
  const { duplicates, jobs: running, plan, view } = store.state;
  // These pages say more about their jobs.
  const isOnPage = (/** @type {string} */ id) =>
    (view === 'organise' && plan?.job === id) || (view === 'duplicates' && duplicates?.job === id);
  const counted = (/** @type {import('./jobs.mjs').RunningJob} */ { done = 0, text, total }) =>
    total
      ? `${text} · ${t('jobs.counted', { done: formats.number(done), total: formats.number(total) })}`
      : text;
  return running
    .filter((job) => !isOnPage(job.id))
    .map((job) => ({
      key: job.id,
      text: withMessage(counted(job), job.message),
      part: job.part,
      ...(job.isEnding ? {} : { action: t('jobs.cancel'), onAction: () => jobs.end(job) }),
    }));
}

/**
 * @param {IndexStatus} index
 * @param {Parts['words']} words
 */
function indexText({ done, total, seconds_left: left, errors = {}, message }, { t, formats }) {
  const counted = (/** @type {number} */ count) => ({ count, number: formats.number(count) });
  const progress = { done: formats.number(done), total: formats.number(total) };
  const texts = [total ? t('index.reading', progress) : t('index.looking')];
  if (total && left !== null) {
    const minutes = Math.round(left / 60);
    texts.push(minutes ? t('index.left', counted(minutes)) : t('index.soon'));
  }
  const failed = Object.values(errors).reduce((sum, count) => sum + count, 0);
  if (failed) texts.push(t('index.failed', counted(failed)));
  return withMessage(texts.join(' · '), message);
}

/**
 * What is being done, and what the server says of it: that it has not moved for long.
 * @param {string} text
 * @param {string} [message]
 */
function withMessage(text, message) {
  return message ? `${text} · ${message}` : text;
}
