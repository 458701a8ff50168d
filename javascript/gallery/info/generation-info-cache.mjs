/** @typedef {import('../lib/types.mjs').GenerationInfo} GenerationInfo */
/** @typedef {import('../lib/types.mjs').Item} Item */
/** @typedef {import('../api/api.mjs').Api} Api */

const KEPT = 200;

/** How pictures were made, as asked of the server; the last ones are kept. */
export class GenerationInfoCache {
  /** @param {Api} api */
  constructor(api) {
    this.api = api;
    /** @type {Map<string, GenerationInfo>} */
    this.kept = new Map();
  }

  /** @param {Item} item */
  find(item) {
    return this.kept.get(keyOf(item)) ?? null;
  }

  /**
   * One answer for each item, in order; null for a file that cannot be read. Raises ApiError where
   * the server does not answer.
   * @param {Item[]} items
   * @param {AbortSignal} [signal]
   * @returns {Promise<(GenerationInfo|null)[]>}
   */
  async load(items, signal) {
    const missing = items.filter((item) => !this.kept.has(keyOf(item)));
    const infos = missing.length
      ? await this.api.generationInfo(
          missing.map((item) => item.path),
          signal,
        )
      : {};
    const fresh = new Map(missing.map((item) => [item.path, infos[item.path]]));
    const answers = items.map((item) => fresh.get(item.path) ?? this.find(item));
    for (const item of missing) {
      const info = fresh.get(item.path);
      if (info) this.keep(item, info);
    }
    return answers;
  }

  /** @param {string} path  of a file that is another one now */
  forget(path) {
    for (const key of this.kept.keys()) if (key.endsWith(` ${path}`)) this.kept.delete(key);
  }

  /**
   * @param {Item} item
   * @param {GenerationInfo} info
   */
  keep(item, info) {
    this.kept.set(keyOf(item), info);
    if (this.kept.size > KEPT)
      this.kept.delete(/** @type {string} */ (this.kept.keys().next().value));
  }
}

/** @param {Item} item */
function keyOf(item) {
  return `${item.date} ${item.path}`;
}
