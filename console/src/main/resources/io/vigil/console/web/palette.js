// The command palette, and the list of keys: both show what can be done just now.
import {html, nothing, View} from './view.js';
import {t} from './texts.js';
import {commands, keysAreOff} from './keys.js';
import {render} from '/lib/lit/index.js';

class Palette extends View {
  /** As a list of keys, or as a field to type into. */
  show(help) {
    if (document.querySelector('dialog[open]')) {
      return;
    }
    const list = commands();
    const dialog = document.createElement('dialog');
    dialog.className = 'palette';
    dialog.dataset.testid = help ? 'dialog-help' : 'dialog-palette';
    dialog.setAttribute('aria-label', t(help ? 'help.title' : 'palette.title'));
    let words = '';
    let at = 0;
    const found = () => list.filter((each) => help || each.name.toLowerCase().includes(words.toLowerCase()));
    const pick = (command) => {
      dialog.close();
      command?.run();
    };
    const paint = () => {
      const shown = found();
      at = Math.max(0, Math.min(at, shown.length - 1));
      render(html`
        ${help ? html`<h2 tabindex="-1">${t('help.title')}</h2>${keysAreOff() ? html`<p>${t('settings.keysoff')}</p>` : nothing}` : html`
          <input type="text" role="combobox" aria-expanded="true" aria-controls="commands" aria-activedescendant=${shown.length > 0 ? `command-${at}` : nothing} aria-label=${t('palette.search')} placeholder=${t('palette.search')}
            @input=${(event) => { words = event.target.value; at = 0; paint(); }}
            @keydown=${(event) => {
              if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
                event.preventDefault();
                at += event.key === 'ArrowDown' ? 1 : -1;
                paint();
              } else if (event.key === 'Enter') {
                event.preventDefault();
                pick(found()[at]);
              }
            }}>`}
        ${help ? groups(shown) : html`<ul id="commands" role="listbox" aria-label=${t('palette.title')}>
          ${shown.map((each, i) => html`<li id="command-${i}" role="option" aria-selected=${String(i === at)} @click=${() => pick(each)}><span>${each.name}</span><kbd>${each.key}</kbd></li>`)}</ul>
          ${shown.length === 0 ? html`<p class="muted">${t('palette.none')}</p>` : nothing}`}
        ${help ? html`<div class="buttons"><button @click=${() => dialog.close()}>${t('help.close')} <kbd>Esc</kbd></button></div>` : nothing}`, dialog);
    };
    paint();
    dialog.addEventListener('close', () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
    dialog.querySelector('h2')?.focus();
  }

  render() {
    return nothing;
  }
}

function groups(list) {
  return ['case', 'queue', 'everywhere'].filter((context) => list.some((each) => each.context === context)).map((context) => html`
    <h3>${t('ctx.' + context)}</h3>
    <dl class="keys">${list.filter((each) => each.context === context).map((each) => html`<div><dt><kbd>${each.key}</kbd></dt><dd>${each.name}</dd></div>`)}</dl>`);
}

customElements.define('vigil-palette', Palette);
