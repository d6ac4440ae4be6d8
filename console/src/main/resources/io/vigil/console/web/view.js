// What all parts of the page share: a base class, navigation, messages, dialogs.
import {LitElement, html, nothing} from '/lib/lit/index.js';
import {ApiError} from './api.js';
import {t, has} from './texts.js';

/** Elements without a shadow: one stylesheet, and labels that refer across elements. */
export class View extends LitElement {
  createRenderRoot() {
    return this;
  }
}

export const app = {
  session: null,
  preferences: {},
  /** Set by the shell. */
  go: () => {},
  toast: () => {},
  decided: () => {},
};

export function decides() {
  return ['analyst', 'lead'].includes(app.session?.role);
}

/** An error in words. */
export function words(error) {
  if (error instanceof ApiError) {
    const key = 'error.' + error.code;
    return has(key) ? t(key, {message: error.message}) : error.message || t('error.title');
  }
  console.error(error);
  return t('error.title');
}

/** Runs what may fail, and says so when it does; true when it worked. */
export async function attempt(work) {
  try {
    await work();
    return true;
  } catch (error) {
    app.toast(words(error), 'bad');
    return false;
  }
}

export function key(name) {
  return html`<kbd>${name === ' ' ? 'Space' : name}</kbd>`;
}

export function link(path, text, classes = '') {
  return html`<a class=${classes} href=${path} @click=${follow}>${text}</a>`;
}

/** Follows a link without loading the page anew. */
export function follow(event) {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button > 0) {
    return;
  }
  event.preventDefault();
  app.go(event.currentTarget.getAttribute('href'));
}

/** What waits for data: nothing at first, a line after a while, an error with another try. */
export function waiting(state, retry) {
  if (state instanceof Error) {
    return html`<div class="empty" role="alert"><p>${words(state)}</p><button @click=${retry}>${t('error.retry')}</button></div>`;
  }
  return html`<p class="loading">${t('loading')}</p>`;
}

export {html, nothing};
