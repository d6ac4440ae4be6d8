// All words that people read come from one file a language.

let texts = {};
let plural = new Intl.PluralRules('en');
export let locale = 'en';

/** Loads the language that the browser asks for, or English. */
export async function loadTexts() {
  for (const wanted of [...navigator.languages.map((each) => each.slice(0, 2)), 'en']) {
    if (!AVAILABLE.includes(wanted)) {
      continue;
    }
    const answer = await fetch(`/assets/texts/${wanted}.json`);
    if (answer.ok) {
      texts = await answer.json();
      plural = new Intl.PluralRules(wanted);
      locale = navigator.languages.find((each) => each.startsWith(wanted)) ?? wanted;
      document.documentElement.lang = wanted;
      return;
    }
  }
}

const AVAILABLE = ['en'];

/** The text of a key with its {placeholders} filled in; of plural texts the form for {n}. */
export function t(key, values = {}) {
  let text = texts[key];
  if (text && typeof text === 'object') {
    text = text[plural.select(values.n)] ?? text.other;
  }
  if (text === undefined) {
    return key;
  }
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** Whether there is such a text. */
export function has(key) {
  return key in texts;
}
