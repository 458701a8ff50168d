/** Waits between questions; the longest is as long as hosts count requests for a limit of theirs. */
const WAITS_MS = [1000, 2000, 4000, 8000, 15_000, 30_000];
/** An answer that is no picture to the browser, again and again, will be none. */
const MAX_RETURNS = 3;
/** The answer for a file that is no picture. */
const UNREADABLE = 204;
/** Answers of a server that is away, busy, or has had too many requests: another time it may be well. */
const PASSING = new Set([0, 408, 425, 429, 502, 503, 504]);

/**
 * Pictures that did not come. A browser does not say why, so the server is asked, one picture at a
 * time: what cannot be had is given up, and the others are loaded again as soon as it answers.
 */
export class Retries {
  /**
   * @param {Object} options
   * @param {(url: string) => Promise<number>} options.ask  the status of the answer, 0 where there is none
   * @param {(path: string) => void} options.onLost  it cannot be had
   * @param {(path: string) => void} options.onAgain  it is to be loaded once more
   */
  constructor({ ask, onLost, onAgain }) {
    this.options = { ask, onLost, onAgain };
    /** @type {Map<string, string>} addresses by path, first failed first */
    this.waiting = new Map();
    /** @type {Map<string, number>} how often a path came back although the server had an answer */
    this.returns = new Map();
    this.isAsking = false;
  }

  /** Forgets all, because others are shown. */
  clear() {
    this.waiting.clear();
    this.returns.clear();
  }

  /**
   * @param {string} path
   * @param {string} url
   */
  add(path, url) {
    this.waiting.set(path, url);
    if (!this.isAsking) void this.askAll();
  }

  /** @param {string} path */
  has(path) {
    return this.waiting.has(path);
  }

  /** @param {string} path  of a picture that has come */
  arrived(path) {
    this.waiting.delete(path);
    this.returns.delete(path);
  }

  async askAll() {
    this.isAsking = true;
    for (let attempt = 0; this.waiting.size;) {
      const [path, url] = /** @type {[string, string]} */ (this.waiting.entries().next().value);
      const status = await this.options.ask(url); // eslint-disable-line no-await-in-loop
      if (PASSING.has(status)) {
        await pause(WAITS_MS[Math.min(attempt, WAITS_MS.length - 1)]); // eslint-disable-line no-await-in-loop
        attempt += 1;
      } else {
        attempt = 0;
        this.settle(path, status);
      }
    }
    this.isAsking = false;
  }

  /**
   * @param {string} path
   * @param {number} status
   */
  settle(path, status) {
    const returns = (this.returns.get(path) ?? 0) + 1;
    this.returns.set(path, returns);
    if (status === UNREADABLE || status >= 400 || returns > MAX_RETURNS) {
      if (this.waiting.delete(path)) this.options.onLost(path);
      return;
    }
    const paths = [...this.waiting.keys()];
    this.waiting.clear();
    for (const again of paths) this.options.onAgain(again);
  }
}

/** @param {number} ms */
function pause(ms) {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
