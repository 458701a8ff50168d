/** The tag behind the heart; it is there from the start. */
export const LIKE = 'like';

/** Colours that a tag can have: as in palettes of labels, readable as a dot on dark and on light. */
export const COLOURS = Object.freeze({
  red: '#e5484d',
  orange: '#f76b15',
  yellow: '#d9a400',
  green: '#30a46c',
  teal: '#12a594',
  blue: '#3e8bff',
  purple: '#8e6bf5',
  pink: '#e552a0',
});
