/** @typedef {import('../vendor/photoswipe/photoswipe.esm.min.js').Content} Content */

/** Clips up to this length play over and over, as generated ones are mostly watched. */
const LOOP_SECONDS = 30;
/** Until a video has told how long its frames last. */
const ASSUMED_FRAME_SECONDS = 1 / 24;
/** Edge of a frame that is sent as a cover. */
const COVER_PX = 1024;

/** Players of videos and sounds. */
export class Players {
  /**
   * @param {Object} options
   * @param {string} options.damaged  sentence for a file that cannot be played
   * @param {() => boolean|null} options.loop  whether players begin again; null: only short ones
   * @param {(player: HTMLMediaElement) => void} options.onPlayer  one that has learned how long it plays
   */
  constructor(options) {
    this.options = options;
    /** How long a frame lasts, in seconds. @type {WeakMap<HTMLMediaElement, number>} */
    this.frames = new WeakMap();
  }

  /** @param {Content} content */
  make(content) {
    const frame = document.createElement('div');
    frame.className = `pswp__content player is-${content.type}`;
    const player = document.createElement(content.type === 'video' ? 'video' : 'audio');
    player.controls = true;
    player.preload = 'metadata';
    if (player instanceof HTMLVideoElement) {
      player.playsInline = true;
      this.learnFrames(player);
    }
    for (const moment of ['loadedmetadata', 'play']) {
      player.addEventListener(moment, () => {
        player.loop = this.loops(player);
      });
    }
    player.addEventListener('loadedmetadata', () => this.options.onPlayer(player));
    player.addEventListener('error', () => {
      if (!player.hasAttribute('src')) return;
      const sentence = document.createElement('p');
      sentence.className = 'pswp__error-msg';
      sentence.textContent = this.options.damaged;
      frame.replaceChildren(sentence);
    });
    player.src = String(content.data.url);
    player.setAttribute('aria-label', String(content.data.name));
    frame.append(player);
    if (player instanceof HTMLAudioElement && content.data.msrc) {
      const cover = document.createElement('img');
      cover.alt = '';
      cover.src = String(content.data.msrc);
      cover.addEventListener('error', () => cover.remove());
      frame.prepend(cover);
    }
    content.element = frame;
    content.state = 'loading';
    content.onLoaded();
  }

  /**
   * The shortest time between two frames that were played one after the other is how long one
   * lasts; a slow machine leaves some out.
   * @param {HTMLVideoElement} video
   */
  learnFrames(video) {
    if (!video.requestVideoFrameCallback) return;
    let last = -1;
    video.addEventListener('seeking', () => {
      last = -1;
    });
    /** @type {VideoFrameRequestCallback} */
    const onFrame = (_now, { mediaTime }) => {
      const seconds = mediaTime - last;
      if (last >= 0 && seconds > 0.001 && seconds < Math.min(1, this.frames.get(video) ?? 1))
        this.frames.set(video, seconds);
      last = video.paused || video.seeking ? -1 : mediaTime; // from there it may be sent anywhere
      if (video.hasAttribute('src')) video.requestVideoFrameCallback(onFrame);
    };
    video.requestVideoFrameCallback(onFrame);
  }

  /**
   * Whether this one begins again at its end.
   * @param {HTMLMediaElement|null} player
   */
  loops(player) {
    return this.options.loop() ?? (player !== null && player.duration <= LOOP_SECONDS);
  }

  /** @param {HTMLMediaElement|null} player */
  toggle(player) {
    if (player?.paused) player.play().catch(() => {});
    else player?.pause();
  }

  /**
   * @param {HTMLMediaElement|null} player
   * @param {1|-1} way
   */
  step(player, way) {
    if (!(player instanceof HTMLVideoElement)) return;
    player.pause();
    const frame = this.frames.get(player) ?? ASSUMED_FRAME_SECONDS;
    // Until it plays again: sent about in its last frame, it would go back to its beginning.
    player.loop = false;
    const last = Math.max(0, (player.duration || 0) - frame / 2);
    player.currentTime = Math.max(
      0,
      Math.min(last, Math.min(last, player.currentTime) + way * frame),
    );
  }
}

/**
 * The frame that a video shows, or is about to show, as a data URL; null where there is none.
 * @param {HTMLMediaElement|null} player
 */
export async function frameOf(player) {
  if (!(player instanceof HTMLVideoElement) || !player.videoWidth) return null;
  if (player.seeking)
    await new Promise((resolve) => player.addEventListener('seeked', resolve, { once: true }));
  const scale = Math.min(1, COVER_PX / Math.max(player.videoWidth, player.videoHeight));
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(player.videoWidth * scale);
  canvas.height = Math.round(player.videoHeight * scale);
  canvas.getContext('2d')?.drawImage(player, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL('image/jpeg', 0.9);
}

/**
 * @param {Content} content
 * @returns {HTMLMediaElement|null}
 */
export function playerOf(content) {
  return content.type === 'image'
    ? null
    : /** @type {HTMLMediaElement|null} */ (content.element?.querySelector('video, audio') ?? null);
}

/** @param {HTMLMediaElement|null} player */
export function stop(player) {
  if (!player) return;
  player.pause();
  player.removeAttribute('src');
  player.load();
}
