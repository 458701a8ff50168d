import { groupsOf, stays } from '../lib/organise.mjs';

/** @typedef {import('../app/view.mjs').Words} Words */
/** @typedef {import('../lib/types.mjs').OrganiseState} OrganiseState */

/**
 * Files that a plan takes elsewhere.
 * @param {import('../lib/types.mjs').OrganisePreview} preview
 * @param {string[]} skipped  groups that are left out
 */
export function leaving(preview, skipped) {
  const groups = groupsOf(preview).filter(
    (group) => preview.action === 'move' && !stays(group) && !skipped.includes(group.cluster_id),
  );
  return new Set(groups.flatMap((group) => group.file_mappings.map((file) => file.src_path)));
}

/**
 * True while the server makes a plan, or carries it out.
 * @param {OrganiseState} told
 */
export function isUnderWay({ status }) {
  return status === 'running' || status === 'moving';
}

/**
 * What is being done, in words.
 * @param {OrganiseState} told
 * @param {Words} words
 */
export function stageOf({ stage, done, total }, { t, formats }) {
  /** @type {Record<string, string>} */
  const stages = {
    embedding: t('organise.stage.embedding'),
    clustering: t('organise.stage.clustering'),
    titling: t('organise.stage.titling'),
    planning: t('organise.stage.planning'),
    checking: t('organise.stage.checking'),
    moving: t('organise.stage.moving'),
  };
  const text = stages[stage] ?? t('organise.stage.starting');
  return total > 1 && stage !== 'clustering'
    ? t('organise.stage.of', {
        stage: text,
        done: formats.number(done),
        total: formats.number(total),
      })
    : text;
}

/**
 * The folder that a file is in.
 * @param {string} path
 */
export function folderOf(path) {
  return path.replace(/[\\/][^\\/]*$/, '');
}
