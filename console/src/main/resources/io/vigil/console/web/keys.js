// Single keys, sequences such as `g q`, and their remapping. One listener for the whole page.
import {t} from './texts.js';

/** Action to its key by default, by context. */
export const DEFAULTS = {
  everywhere: {
    search: '/', help: '?', next: 'n', undo: 'u', goqueue: 'g q', gomine: 'g m', gopending: 'g v', golead: 'g l', goreviews: 'g r', gosettings: 'g s',
  },
  queue: {
    down: 'j', up: 'k', open: 'Enter', select: 'x', shownew: '.', fraud: 'f', genuine: 'g', unclear: 't', snooze: 's', escalate: 'e',
  },
  case: {
    fraud: 'f', genuine: 'g', unclear: 't', wait: 'c', snooze: 's', escalate: 'e', note: 'm', trust: 'p', actions: 'a', approve: 'v', refuse: 'V', reopen: 'o', reveal: 'y', record: 'r', whatif: 'w', nextalert: 'j', prevalert: 'k', rows: 'b', back: 'Backspace',
  },
};

const PREFIX_MS = 450;

let mapping = {};
let off = false;
const contexts = new Map();
let pending = null;

/** What the person set: {keys: {"case.fraud": "d"}, keys_off: true}. */
export function configure(preferences) {
  mapping = preferences?.keys ?? {};
  off = Boolean(preferences?.keys_off);
}

export function keysAreOff() {
  return off;
}

export function keyOf(context, action) {
  return mapping[`${context}.${action}`] ?? DEFAULTS[context][action];
}

/** Shows a key as people write it. */
export function keyName(key) {
  return key === ' ' ? 'Space' : key.length > 1 && !key.includes(' ') ? key : key.split(' ').join(' ');
}

/** Makes the actions of a context work, until the answer is called. */
export function activate(context, handlers) {
  contexts.set(context, handlers);
  return () => {
    if (contexts.get(context) === handlers) {
      contexts.delete(context);
    }
  };
}

/** What can be done just now, for the palette: [{context, action, name, key, run}]. */
export function commands() {
  const list = [];
  for (const [context, handlers] of [...contexts].reverse()) {
    for (const [action, run] of Object.entries(handlers)) {
      list.push({context, action, name: t('key.' + action), key: keyOf(context, action), run});
    }
  }
  return list;
}

function find(key) {
  return commands().find((each) => each.key === key);
}

function isPrefix(key) {
  return commands().some((each) => each.key.startsWith(key + ' '));
}

function inField(target) {
  return target.closest?.('input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]');
}

function run(command) {
  pending = null;
  command.run();
}

export function listen(openPalette) {
  window.addEventListener('keydown', (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
      event.preventDefault();
      openPalette();
      return;
    }
    if (off || event.ctrlKey || event.metaKey || event.altKey || event.isComposing
        || inField(event.target) || document.querySelector('dialog[open]')) {
      return;
    }
    if (['Shift', 'Control', 'Alt', 'Meta'].includes(event.key)) {
      return;
    }
    // Enter on a button or link is that button's or link's.
    if (event.key === 'Enter' && event.target.closest?.('button, a, summary')) {
      return;
    }
    if (pending) {
      const {key, timer} = pending;
      clearTimeout(timer);
      pending = null;
      const sequence = find(`${key} ${event.key}`);
      const alone = find(key);
      if (sequence) {
        event.preventDefault();
        run(sequence);
        return;
      }
      if (alone) {
        run(alone);
        // The same key once more only says: don't wait.
        if (event.key === key) {
          event.preventDefault();
          return;
        }
      }
    }
    if (isPrefix(event.key)) {
      event.preventDefault();
      const key = event.key;
      pending = {key, timer: setTimeout(() => {
        pending = null;
        find(key)?.run();
      }, PREFIX_MS)};
      return;
    }
    const command = find(event.key);
    if (command) {
      event.preventDefault();
      run(command);
    }
  });
}

/** Buttons do what their key does. */
document.addEventListener('vigil-run', ({detail: {context, action}}) => contexts.get(context)?.[action]?.());
