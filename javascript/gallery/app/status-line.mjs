/** @typedef {import('../lib/format.mjs').Formats} Formats */
/** @typedef {import('../lib/i18n.mjs').Translate} Translate */
/** @typedef {import('../ui/work.mjs').Work} Work */
/** @typedef {import('./gallery.mjs').Gallery} Gallery */

/**
 * What goes on now: the server that is lost, the index that is being built.
 * @param {Gallery} gallery
 * @param {Translate} t
 * @param {Formats} formats
 * @returns {Work[]}
 */
export function worksOf(gallery, t, formats) {
  const { lost, index, problems, missing, readOnly, phase } = gallery.state;
  /** @type {Work[]} */
  const works = [];
  if (lost && phase === 'ready') {
    const login = lost === 'login';
    works.push({
      key: 'lost',
      icon: login ? 'lock' : 'unplug',
      text: t(`jobs.${lost}`),
      action: t(login ? 'problem.reload' : 'problem.retry'),
      onAction: () => (login ? reload() : gallery.changes.look()),
    });
  }
  if (index) {
    const cancel = readOnly ? {} : { action: t('jobs.cancel'), onAction: () => gallery.indexing.cancel() };
    works.push({
      key: 'index',
      text: indexText(index, t, formats),
      part: index.total ? index.done / index.total : null,
      ...cancel,
    });
  }
  if (problems.length) {
    const text = t('index.failed', { count: problems.length, number: formats.number(problems.length) });
    works.push({
      key: 'problems',
      icon: 'circle-alert',
      text,
      action: t('index.show'),
      onAction: () => gallery.indexing.showProblems(),
    });
  }
  if (missing) {
    const text = t('missing.found', { count: missing, number: formats.number(missing) });
    works.push({
      key: 'missing',
      icon: 'circle-alert',
      text,
      action: t('missing.review'),
      onAction: async () => (await import('../library/missing-files.mjs')).review(gallery),
    });
  }
  for (const job of gallery.state.jobs) {
    if (gallery.state.view === 'organise' && gallery.state.plan?.job === job.id) continue; // told in full there
    works.push({
      key: job.id,
      text: withMessage(job.text, job.message),
      part: job.part,
      ...(job.isEnding ? {} : { action: t('jobs.cancel'), onAction: () => gallery.jobs.end(job) }),
    });
  }
  return works;
}

/**
 * @param {import('../lib/types.mjs').IndexStatus} index
 * @param {Translate} t
 * @param {Formats} formats
 */
function indexText({ done, total, seconds_left: left, errors = {}, message }, t, formats) {
  const words = [
    total
      ? t('index.reading', { done: formats.number(done), total: formats.number(total) })
      : t('index.looking'),
  ];
  if (total && left !== null) {
    const minutes = Math.round(left / 60);
    words.push(
      minutes ? t('index.left', { count: minutes, number: formats.number(minutes) }) : t('index.soon'),
    );
  }
  const failed = Object.values(errors).reduce((sum, count) => sum + count, 0);
  if (failed) words.push(t('index.failed', { count: failed, number: formats.number(failed) }));
  return withMessage(words.join(' · '), message);
}

/**
 * What is being done, and what the server says of it, which is that it stands still.
 * @param {string} text
 * @param {string} [message]
 */
export function withMessage(text, message) {
  return message ? `${text} · ${message}` : text;
}

/** The login is the host's page where there is a host, ours otherwise. */
export function reload() {
  try {
    (window.top ?? window).location.reload();
  } catch {
    location.reload(); // framed by a page of another origin
  }
}
