/** @typedef {import('./types.mjs').Kind} Kind */

/** @type {Record<string, string>} */
const EXTENSIONS = {
  image: 'png apng jpg jpeg jpe jfif webp avif heic heif jxl gif bmp tif tiff exr svg',
  video: 'mp4 m4v mov webm mkv avi wmv flv mpg mpeg ts ogv 3gp',
  audio: 'mp3 wav flac ogg oga opus m4a aac wma',
};

/**
 * Formats that no browser we support can decode, so that the server's rendering stands in for the
 * original.
 */
const SERVER_RENDERED = new Set(['heic', 'heif', 'jxl', 'tif', 'tiff', 'exr', 'svg']);

/** @type {Map<string, Kind>} */
const BY_EXTENSION = new Map(
  Object.entries(EXTENSIONS).flatMap(([kind, names]) =>
    names.split(' ').map((name) => [name, /** @type {Kind} */ (kind)]),
  ),
);

/**
 * The extension of a file name, lower case, without the dot; '' where there is none.
 * @param {string} name
 * @returns {string}
 */
export function extension(name) {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? name.slice(dot + 1).toLowerCase() : '';
}

/** Previews that SwarmUI puts beside other files; the server knows them by the same name. */
const PREVIEW = /\.swarmpreview\.(?:jpe?g|webp|png|gif)$/i;

/**
 * Kind of a file by its name; the preview of another file is none of its own.
 * @param {string} name
 * @returns {Kind}
 */
export function kindOf(name) {
  if (PREVIEW.test(name)) return 'other';
  return BY_EXTENSION.get(extension(name)) ?? 'other';
}

/** Types whose name is not that of the extension. @type {Record<string, string>} */
const TYPES = {
  jpg: 'image/jpeg',
  jpe: 'image/jpeg',
  jfif: 'image/jpeg',
  tif: 'image/tiff',
  m4v: 'video/mp4',
  mov: 'video/quicktime',
  mkv: 'video/x-matroska',
  mp3: 'audio/mpeg',
  m4a: 'audio/mp4',
  oga: 'audio/ogg',
};

/**
 * MIME type of a file by its name.
 * @param {string} name
 */
export function typeOf(name) {
  const kind = kindOf(name);
  return kind === 'other'
    ? 'application/octet-stream'
    : (TYPES[extension(name)] ?? `${kind}/${extension(name)}`);
}

/**
 * True where the browser shows the original itself.
 * @param {string} name
 * @returns {boolean}
 */
export function isDecodable(name) {
  return !SERVER_RENDERED.has(extension(name));
}

/**
 * The smallest of the three thumbnail sizes that looks sharp on a tile of this width.
 * @param {number} tileWidth  CSS pixels
 * @param {number} pixelRatio
 * @returns {256|512|1024}
 */
export function thumbnailSize(tileWidth, pixelRatio) {
  // A tile is square and crops a picture that is not, so its long edge is drawn beyond the tile's width.
  const needed = tileWidth * pixelRatio * 1.15;
  if (needed <= 256) return 256;
  return needed <= 512 ? 512 : 1024;
}
