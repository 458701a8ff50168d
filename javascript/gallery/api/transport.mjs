/**
 * Waits between attempts. The host listens before our routes are there, so the first answers may be
 * its own 404.
 */
const WAITS_MS = [150, 300, 600, 1000, 1500, 2000, 2000, 2000, 3000, 3000, 3000];
/** The same where a host has had too many requests, which some count by the minute. */
const LIMIT_WAITS_MS = [1000, 2000, 4000, 8000, 15_000, 30_000];
const TOO_MANY = 429;
/** Failures after which the same request may do. */
const PASSING = [0, TOO_MANY];

/** Our name for a 404 that is not ours. */
const NO_ROUTE = 'NoRoute';

/**
 * A request that did not do what was asked. ``status`` is 0 where no server answered; ``code`` is
 * the server's name of the failure.
 */
export class ApiError extends Error {
  /**
   * @param {string} message  the server's sentence, for a person
   * @param {number} status
   * @param {string} code
   */
  constructor(message, status, code) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
  }
}

/**
 * How requests are made; nothing else talks to the server.
 * @typedef {ReturnType<typeof createTransport>} Transport
 */

/**
 * @param {Object} options
 * @param {string} options.base  absolute URL of the API, ending in a slash
 * @param {(connecting: boolean) => void} [options.onConnecting]  the server does not answer and is asked
 *   again
 */
export function createTransport({ base, onConnecting = () => {} }) {
  /**
   * The address of a route.
   * @param {string} route
   * @param {Record<string, string>} [params]
   */
  const url = (route, params) =>
    `${base}${route}${params ? `?${new URLSearchParams(params)}` : ''}`;

  /**
   * An answer as JSON. Only requests that change nothing go through here, so all of them may be asked again.
   * @param {string} target
   * @param {RequestInit} options
   * @param {(response: Response) => Promise<any>} [parse]
   * @param {(error: ApiError) => boolean} [isFinal]  asking again is no use
   */
  async function read(target, options, parse = asJson, isFinal = () => false) {
    for (let attempt = 0; ; attempt += 1) {
      try {
        const answer = await once(target, options, parse);
        if (attempt) onConnecting(false);
        return answer;
      } catch (error) {
        if (!(error instanceof ApiError) || !PASSING.includes(error.status) || isFinal(error))
          throw error;
        const waits = error.status === TOO_MANY ? LIMIT_WAITS_MS : WAITS_MS;
        if (attempt >= waits.length) throw error;
        onConnecting(error.status === 0);
        await pause(waits[attempt], options.signal ?? null);
      }
    }
  }

  /**
   * An answer as JSON, without asking again.
   * @param {string} target
   * @param {RequestInit} options
   */
  const readOnce = (target, options) => once(target, options, asJson);

  /**
   * Asks for a change, once: it is not known whether a request that was cut off has done its work.
   * @param {string} route
   * @param {unknown} [body]
   * @param {string} [method]
   */
  const change = (route, body = {}, method = 'POST') =>
    once(url(route), { ...json(body), method }, asJson);

  /**
   * Sends files, with the number of bytes that are on their way. Raises ApiError, or the signal's reason.
   * @param {string} route
   * @param {Record<string, string>} params
   * @param {FormData} form
   * @param {{onProgress: (bytes: number) => void, signal: AbortSignal}} options
   */
  const send = (route, params, form, options) => post(url(route, params), form, options);

  return { url, read, readOnce, change, send };
}

/**
 * One request. Raises ApiError.
 * @param {string} target
 * @param {RequestInit} options
 * @param {(response: Response) => Promise<any>} parse
 */
export async function once(target, options, parse) {
  let response;
  try {
    response = await fetch(target, options);
    if (response.ok) return await parse(response);
  } catch (error) {
    if (options.signal?.aborted) throw error;
    // No server, cut off in the middle, or a proxy's page where our answer should be.
    throw new ApiError('', 0, 'Unreachable');
  }
  throw failureOf(response.status, await response.json().catch(() => null));
}

/**
 * ``fetch`` does not tell how much of a body is sent.
 * @param {string} target
 * @param {FormData} form
 * @param {{onProgress: (bytes: number) => void, signal: AbortSignal}} options
 * @returns {Promise<any>}
 */
function post(target, form, { onProgress, signal }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', target);
    request.responseType = 'json';
    request.upload.onprogress = ({ loaded }) => onProgress(loaded);
    request.onload = () => {
      if (request.status < 300 && request.response) resolve(request.response);
      else reject(failureOf(request.status, request.response));
    };
    request.onerror = () => reject(new ApiError('', 0, 'Unreachable'));
    request.onabort = () => reject(signal.reason);
    signal.addEventListener('abort', () => request.abort(), { once: true });
    request.send(form);
  });
}

/**
 * @param {number} status
 * @param {any} answer  null where it is not ours
 */
function failureOf(status, answer) {
  // A 404 without our code, or a proxy's 502 to 504, comes from a proxy or a host that does
  // not know our routes yet.
  const notOurs = (status === 404 && !answer?.code) || [502, 503, 504].includes(status);
  const code = notOurs && status === 404 ? NO_ROUTE : String(answer?.code ?? '');
  return new ApiError(String(answer?.detail ?? ''), notOurs ? 0 : status, code);
}

/**
 * True for a 404 that is not our server's.
 * @param {ApiError} error
 */
export function isNoRoute(error) {
  return error.code === NO_ROUTE;
}

/**
 * The options of a request with a body.
 * @param {unknown} body
 */
export function json(body) {
  return {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  };
}

/**
 * @param {number} ms
 * @param {AbortSignal|null} signal
 * @returns {Promise<void>}
 */
function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        reject(signal.reason);
      },
      { once: true },
    );
  });
}

/**
 * How the server answers under an address; 0 where it does not. What it answers is not waited for.
 * @param {string} address
 */
export async function statusOf(address) {
  const rest = new AbortController();
  const status = await fetch(address, { signal: rest.signal }).then(
    (answer) => answer.status,
    () => 0,
  );
  rest.abort();
  return status;
}

/** @param {Response} response */
function asJson(response) {
  return response.json();
}
