// ECharts, loaded when the first chart is shown, in the page's own colours.
let library = null;

export function colours() {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue('--' + name).trim();
  return {text: of('text'), muted: of('muted'), line: of('line'), surface: of('surface'), accent: of('accent'), bad: of('bad'), good: of('good'), warn: of('warn'), faint: of('faint')};
}

/** Draws into an element, and again when its size or the theme changes. Answers how to stop. */
export async function draw(element, option, onClick) {
  library ??= import('/lib/echarts/echarts.esm.min.js');
  const echarts = await library;
  const chart = echarts.init(element, null, {renderer: 'canvas'});
  const paint = () => chart.setOption({animation: false, backgroundColor: 'transparent', textStyle: {fontFamily: getComputedStyle(document.body).fontFamily, color: colours().muted}, ...option(colours())}, true);
  paint();
  if (onClick) {
    chart.on('click', onClick);
  }
  const sizes = new ResizeObserver(() => chart.resize());
  sizes.observe(element);
  const dark = matchMedia('(prefers-color-scheme: dark)');
  dark.addEventListener('change', paint);
  const theme = new MutationObserver(paint);
  theme.observe(document.documentElement, {attributeFilter: ['data-theme']});
  return () => {
    sizes.disconnect();
    theme.disconnect();
    dark.removeEventListener('change', paint);
    chart.dispose();
  };
}

/** Tooltips as text: an HTML one would need inline styles. */
export function tooltip(c, formatter) {
  return {renderMode: 'richText', backgroundColor: c.surface, borderColor: c.line, textStyle: {color: c.text, fontSize: 12}, formatter};
}
