// Signing in, and choosing a password after a one-time one.
import {api} from './api.js';
import {html, nothing, View, words} from './view.js';
import {has, t} from './texts.js';

class SignIn extends View {
  static properties = {choose: {}, sso: {}, failed: {}, error: {state: true}, busy: {state: true}};

  async submit(event) {
    event.preventDefault();
    const form = new FormData(event.target);
    this.error = null;
    this.busy = true;
    try {
      let session;
      if (this.choose) {
        if (form.get('password') !== form.get('again')) {
          throw new Error(t('password.differ'));
        }
        session = await api.post('/api/password', {password: form.get('password')});
      } else {
        session = await api.post('/api/session', {name: form.get('name'), password: form.get('password')});
      }
      event.target.reset();
      document.dispatchEvent(new CustomEvent('vigil-signed-in', {detail: session}));
    } catch (error) {
      this.error = error.code === 'throttled' ? t('signin.throttled', {s: error.retryAfter})
        : error.code === 'sign_in_failed' ? t('signin.failed')
        : error.code ? words(error) : error.message;
    } finally {
      this.busy = false;
    }
  }

  /** What a sign-on elsewhere came to; the address says it, so only codes that are known become words. */
  refused() {
    const key = 'signin.error.' + this.failed;
    return t(has(key) ? key : 'signin.error.other');
  }

  firstUpdated() {
    this.querySelector('input')?.focus();
  }

  updated(changed) {
    if (changed.has('choose') && this.choose) {
      this.querySelector('input')?.focus();
    }
  }

  render() {
    return html`
      <main class="door">
        <form class="card" @submit=${this.submit}>
          <h1><img src="/assets/icon.svg" alt="" width="32" height="32"> ${t(this.choose ? 'password.title' : 'signin.title')}</h1>
          <p class="muted">${t(this.choose ? 'password.lead' : 'signin.lead')}</p>
          ${this.choose ? html`
            <label>${t('password.new')}<input type="password" name="password" required minlength="12" maxlength="200" autocomplete="new-password" data-testid="password"></label>
            <label>${t('password.again')}<input type="password" name="again" required minlength="12" maxlength="200" autocomplete="new-password" data-testid="again"></label>` : html`
            <label>${t('signin.name')}<input name="name" required autocomplete="username" autocapitalize="none" spellcheck="false" data-testid="name"></label>
            <label>${t('signin.password')}<input type="password" name="password" required autocomplete="current-password" data-testid="password"></label>`}
          ${this.error || this.failed ? html`<p class="bad" role="alert" data-testid="refused">${this.error ?? this.refused()}</p>` : nothing}
          <button class="primary" ?disabled=${this.busy} data-testid="submit">${t(this.choose ? 'password.submit' : 'signin.submit')}</button>
          ${this.sso && !this.choose ? html`<a class="button" href="/api/oidc/start" data-testid="sso">${t('signin.sso')}</a>` : nothing}
        </form>
      </main>`;
  }
}

customElements.define('vigil-sign-in', SignIn);
