export interface Point {
  x: number;
  y: number;
}
export interface ZoomLevels {
  elementSize: Point | null;
  panAreaSize: Point | null;
  fit: number;
  initial: number;
  min: number;
}
export interface SlideData {
  src?: string;
  msrc?: string;
  width?: number;
  height?: number;
  alt?: string;
  type?: string;
  [key: string]: unknown;
}
export interface Content {
  data: SlideData;
  index: number;
  type: string;
  element?: HTMLElement;
  width: number;
  height: number;
  state: string;
  slide?: Slide;
  placeholder?: { element?: Element };
  onLoaded(): void;
}
export interface Slide {
  data: SlideData;
  index: number;
  width: number;
  height: number;
  isActive: boolean;
  currZoomLevel: number;
  currentResolution: number;
  zoomLevels: ZoomLevels;
  pan: Point;
  container: HTMLElement;
  content: Content;
  resize(): void;
  calculateSize(): void;
  updateContentSize(): void;
  zoomAndPanToInitial(): void;
  applyCurrentZoomPan(): void;
  setZoomLevel(zoom: number): void;
  panTo(x: number, y: number): void;
  isZoomable(): boolean;
  zoomTo(zoom: number, point?: Point): void;
  toggleZoom(point?: Point): void;
  setIsActive(isActive: boolean): void;
}
export interface SlideEvent {
  content: Content;
  slide?: Slide;
  isError?: boolean;
  zoomLevels: ZoomLevels;
  destZoomLevel: number;
  originalEvent: PointerEvent;
  preventDefault(): void;
}
export interface Holder {
  el: HTMLElement;
  slide?: Slide;
}
export default class PhotoSwipe {
  constructor(options: Record<string, unknown>);
  currIndex: number;
  potentialIndex: number;
  mainScroll: { itemHolders: Holder[] };
  contentLoader: { removeByIndex(index: number): void; updateLazy(): void };
  setContent(holder: Holder, index: number, force?: boolean): void;
  currSlide?: Slide;
  offset: Point;
  element?: HTMLElement;
  isOpen: boolean;
  init(): boolean;
  next(): void;
  prev(): void;
  goTo(index: number): void;
  close(): void;
  destroy(): void;
  toggleZoom(): void;
  refreshSlideContent(index: number): void;
  updateSize(force?: boolean): void;
  on(name: string, handler: (event: SlideEvent) => void): void;
  addFilter(name: 'numItems', filter: () => number): void;
  addFilter(name: 'itemData', filter: (data: SlideData, index: number) => SlideData): void;
  addFilter(name: 'placeholderSrc', filter: (src: string | false, content: Content) => string | false): void;
  addFilter(name: 'contentErrorElement', filter: (element: HTMLElement, content: Content) => HTMLElement): void;
}
