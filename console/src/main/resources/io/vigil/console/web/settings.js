// Theme, keys, what follows a decision, the password.
import {api, setCsrf} from './api.js';
import {app, attempt, html, nothing, View} from './view.js';
import {t} from './texts.js';
import {configure, DEFAULTS, keyOf} from './keys.js';

class Settings extends View {
  static properties = {waitingFor: {state: true}, problem: {state: true}};

  async save(change) {
    const preferences = {...app.preferences, ...change};
    const worked = await attempt(() => api.put('/api/preferences', preferences));
    if (worked) {
      app.preferences = preferences;
      configure(preferences);
      this.dispatchEvent(new CustomEvent('theme'));
      app.toast(t('done.saved'));
      this.requestUpdate();
    }
  }

  press(event, context, action) {
    const name = `${context}.${action}`;
    if (this.waitingFor !== name || event.key === 'Tab' || event.key === 'Shift') {
      return;
    }
    event.preventDefault();
    this.waitingFor = null;
    this.problem = null;
    if (event.key === 'Escape') {
      return;
    }
    for (const other of context === 'everywhere' ? Object.keys(DEFAULTS) : [context, 'everywhere']) {
      for (const each of Object.keys(DEFAULTS[other])) {
        if (`${other}.${each}` !== name && keyOf(other, each) === event.key) {
          this.problem = t('settings.conflict', {key: event.key, action: t('key.' + each)});
          return;
        }
      }
    }
    this.save({keys: {...app.preferences.keys, [name]: event.key}});
  }

  async password(event) {
    event.preventDefault();
    const form = new FormData(event.target);
    const worked = await attempt(async () => {
      const session = await api.post('/api/password', {current: form.get('current'), password: form.get('password')});
      setCsrf(session.csrf);
      app.session = session;
      app.toast(t('done.saved'));
    });
    if (worked) {
      event.target.reset();
    }
  }

  choice(name, values, current) {
    return html`<select @change=${(event) => this.save({[name]: event.target.value})}>${values.map(([value, text]) => html`<option value=${value} ?selected=${value === current}>${t(text)}</option>`)}</select>`;
  }

  render() {
    document.title = `${t('settings.title')} · Vigil`;
    return html`
      <div class="pagehead"><h1>${t('settings.title')}</h1></div>
      <div class="narrow">
        <section class="card inline">
          <label>${t('settings.theme')}${this.choice('theme', [['auto', 'theme.auto'], ['light', 'theme.light'], ['dark', 'theme.dark']], app.preferences.theme ?? 'auto')}</label>
          <label>${t('settings.after')}${this.choice('after', [['next', 'after.next'], ['queue', 'after.queue']], app.preferences.after ?? 'next')}</label>
        </section>
        <section class="card"><h2>${t('settings.keys')}
            <label class="check mask"><input type="checkbox" .checked=${!app.preferences.keys_off} @change=${(event) => this.save({keys_off: !event.target.checked})}>${t(app.preferences.keys_off ? 'settings.keysoff' : 'settings.keyson')}</label></h2>
          ${this.problem ? html`<p class="bad" role="alert">${this.problem}</p>` : nothing}
          <div class="scroll" tabindex="0" role="region" aria-label=${t('settings.keys')}><table><thead><tr><th>${t('settings.action')}</th><th>${t('settings.key')}</th></tr></thead>
            ${Object.entries(DEFAULTS).map(([context, actions]) => html`<tbody><tr><th colspan="2" scope="colgroup">${t('ctx.' + context)}</th></tr>
              ${Object.keys(actions).map((action) => {
                const key = keyOf(context, action);
                const name = `${context}.${action}`;
                return html`<tr><td>${t('key.' + action)}</td><td><button aria-label=${t('settings.change', {action: t('key.' + action), key})} @click=${() => (this.waitingFor = name)} @keydown=${(event) => this.press(event, context, action)} @blur=${() => (this.waitingFor = null)}>${this.waitingFor === name ? t('settings.press') : html`<kbd>${key}</kbd>`}</button></td></tr>`;
              })}</tbody>`)}
          </table></div>
          <p><button @click=${() => this.save({keys: {}})}>${t('settings.reset')}</button></p>
        </section>
        ${app.session.oidc ? nothing : html`<form class="card inline" @submit=${this.password} aria-label=${t('settings.password')}>
          <label>${t('settings.password.current')}<input type="password" name="current" required autocomplete="current-password"></label>
          <label>${t('password.new')}<input type="password" name="password" required minlength="12" maxlength="200" autocomplete="new-password"></label>
          <button>${t('settings.password.submit')}</button>
        </form>`}
      </div>`;
  }
}

customElements.define('vigil-settings', Settings);
