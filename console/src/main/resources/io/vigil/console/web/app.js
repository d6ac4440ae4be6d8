// The shell: who is signed in, which page is shown, messages, the undo bar, live events.
import {api, onReach, setCsrf} from './api.js';
import {app, attempt, decides, follow, html, nothing, View} from './view.js';
import {loadTexts, t} from './texts.js';
import {activate, configure, listen} from './keys.js';
import {caseName, time} from './format.js';
import './sign-in.js';
import './queue.js';
import './case.js';
import './palette.js';

const PAGES = [
  {path: '/', name: 'queue', roles: null},
  {path: '/lead', name: 'lead', roles: ['lead', 'engineer', 'auditor'], module: './lead.js'},
  {path: '/reviews', name: 'reviews', roles: ['analyst', 'lead'], module: './reviews.js'},
  {path: '/people', name: 'people', roles: ['lead'], module: './people.js'},
  {path: '/access', name: 'access', roles: ['lead', 'auditor'], module: './access.js'},
  {path: '/settings', name: 'settings', roles: null, module: './settings.js'},
];

const TOAST_MS = 6000;
const PROBE_MS = 1500;
const EMERGENCIES_MS = 30000;

class VigilApp extends View {
  static properties = {ready: {state: true}, offline: {state: true}, message: {state: true}, undoable: {state: true}, failed: {state: true}, emergencies: {state: true}};

  constructor() {
    super();
    this.ready = false;
    this.offline = false;
    this.message = null;
    this.undoable = null;
    this.emergencies = [];
    app.go = (path) => this.go(path);
    app.toast = (text, kind = 'good') => this.toast(text, kind);
    app.decided = (done, verdict) => this.decided(done, verdict);
    window.addEventListener('popstate', () => this.requestUpdate());
    document.addEventListener('vigil-signed-out', () => this.signedOut());
    document.addEventListener('vigil-signed-in', (event) => this.signedIn(event.detail));
    onReach((yes) => this.reach(yes));
    this.start();
  }

  async start() {
    try {
      await loadTexts();
      this.failed = new URLSearchParams(location.search).get('error');
      await this.signedIn(await api.get('/api/session'));
    } catch (error) {
      this.sso = error.body?.oidc ?? false;
      this.ready = true;
      if (error.status === 0) {
        setTimeout(() => this.start(), 2000);
      }
    }
  }

  async signedIn(session) {
    this.failed = null;
    if (location.pathname === '/sign-in') {
      history.replaceState(null, '', '/');
    }
    setCsrf(session.csrf);
    app.session = session;
    if (!session.must_change_password) {
      app.preferences = await api.get('/api/preferences').catch(() => ({}));
      configure(app.preferences);
      this.theme();
      this.events();
      this.keys();
      this.lookForEmergencies();
    }
    this.ready = true;
    this.requestUpdate();
  }

  /** What somebody put in force in an emergency stands on every page until it is reviewed. */
  async lookForEmergencies() {
    clearTimeout(this.looking);
    this.emergencies = await api.get('/api/emergencies').then((answer) => answer.emergencies, () => this.emergencies);
    if (app.session) {
      this.looking = setTimeout(() => this.lookForEmergencies(), EMERGENCIES_MS);
    }
  }

  signedOut() {
    this.source?.close();
    clearTimeout(this.looking);
    this.emergencies = [];
    app.session = null;
    setCsrf('');
    this.undoable = null;
    this.requestUpdate();
  }

  theme() {
    const theme = app.preferences.theme;
    if (theme === 'light' || theme === 'dark') {
      document.documentElement.dataset.theme = theme;
    } else {
      delete document.documentElement.dataset.theme;
    }
  }

  keys() {
    const jump = (path) => () => this.go(path);
    const may = (name) => this.may(PAGES.find((each) => each.name === name));
    activate('everywhere', {
      search: () => this.go('/?focus=search'),
      help: () => this.querySelector('vigil-palette').show(true),
      ...(decides() ? {next: () => this.next(), undo: () => this.undo()} : {}),
      goqueue: jump('/'),
      gomine: jump('/?mine=true'),
      gopending: jump('/?status=pending'),
      ...(may('lead') ? {golead: jump('/lead')} : {}),
      ...(may('reviews') ? {goreviews: jump('/reviews')} : {}),
      gosettings: jump('/settings'),
    });
  }

  async next() {
    await attempt(async () => {
      const next = await api.post('/api/queue/next', {});
      if (next) {
        this.go(`/case/${next.case_id}`);
      } else {
        this.toast(t('queue.none'));
        this.go('/');
      }
    });
  }

  /** Says what was decided and lets it be undone, while the next case is on the screen already. */
  decided({verdict_id: id, decided, pending}, verdict) {
    const n = decided.length;
    const parts = [];
    if (n > 0) {
      parts.push(t('done.' + verdict, {n, case: caseName(decided[0])}));
    }
    if (pending.length > 0) {
      parts.push(t('done.pending', {n: pending.length}));
    }
    clearInterval(this.ticking);
    this.undoable = {id, text: parts.join(' '), left: app.session.undo_s};
    this.ticking = setInterval(() => {
      const left = this.undoable ? this.undoable.left - 1 : 0;
      this.undoable = left > 0 ? {...this.undoable, left} : null;
      if (!this.undoable) {
        clearInterval(this.ticking);
      }
    }, 1000);
  }

  async undo() {
    const undoable = this.undoable;
    if (!undoable) {
      return;
    }
    this.undoable = null;
    await attempt(async () => {
      const {cases} = await api.delete(`/api/verdicts/${undoable.id}`);
      this.toast(t('done.undone', {case: cases.map(caseName).join(', ')}));
      document.dispatchEvent(new CustomEvent('vigil-undone'));
      this.go(cases.length === 1 ? `/case/${cases[0]}` : '/');
    });
  }

  toast(text, kind = 'good') {
    clearTimeout(this.fading);
    this.message = {text, kind};
    this.fading = setTimeout(() => (this.message = null), TOAST_MS);
  }

  reach(yes) {
    if (!yes && !this.offline) {
      this.offline = true;
      // An open event stream may not notice that the way back is free.
      this.probe = setInterval(() => api.get('/api/session').catch(() => {}), PROBE_MS);
    } else if (yes && this.offline) {
      this.offline = false;
      clearInterval(this.probe);
      this.toast(t('online'));
      if (this.source && this.source.readyState !== EventSource.OPEN) {
        // The browser would wait for seconds before it tries again.
        this.events();
      }
      document.dispatchEvent(new CustomEvent('vigil-live', {detail: {type: 'queue'}}));
    }
  }

  events() {
    this.source?.close();
    const source = new EventSource('/api/events');
    this.source = source;
    const tell = (detail) => document.dispatchEvent(new CustomEvent('vigil-live', {detail}));
    source.addEventListener('hello', () => {
      this.reach(true);
      tell({type: 'queue'});
    });
    source.addEventListener('queue', () => tell({type: 'queue'}));
    source.addEventListener('case', (event) => tell({type: 'case', ...JSON.parse(event.data)}));
    source.onerror = () => {
      // The browser tries again by itself, unless it was refused.
      this.reach(false);
      if (source.readyState === EventSource.CLOSED) {
        setTimeout(() => {
          api.get('/api/session').then(() => this.events(), (error) => (error.status === 401 ? this.signedOut() : this.events()));
        }, 2000);
      }
    };
  }

  go(path) {
    if (path !== location.pathname + location.search) {
      history.pushState(null, '', path);
    }
    this.requestUpdate();
    this.updateComplete.then(() => {
      if (!path.includes('focus=')) {
        this.querySelector('main')?.focus({preventScroll: true});
      }
      window.scrollTo(0, 0);
    });
  }

  may(page) {
    return page.roles === null || page.roles.includes(app.session?.role);
  }

  async signOut() {
    await attempt(() => api.delete('/api/session'));
    history.replaceState(null, '', '/');
    this.signedOut();
  }

  render() {
    if (!this.ready) {
      return nothing;
    }
    if (!app.session || app.session.must_change_password) {
      document.title = t('signin.title') + ' · Vigil';
      return html`<vigil-sign-in .choose=${Boolean(app.session)} .sso=${this.sso} .failed=${this.failed}></vigil-sign-in>${this.notices()}`;
    }
    const path = location.pathname;
    return html`
      <a class="skip" href="#main" @click=${this.skip}>${t('nav.skip')}</a>
      <header class="top">
        <a class="brand" href="/" @click=${follow}><img src="/assets/icon.svg" alt="" width="22" height="22"><span>Vigil</span></a>
        <nav aria-label=${t('nav.main')}>
          ${PAGES.filter((page) => this.may(page)).map((page) => html`
            <a href=${page.path} @click=${follow} aria-current=${(page.path === path || (page.path === '/' && path.startsWith('/case/'))) ? 'page' : nothing}>${t('nav.' + page.name)}</a>`)}
        </nav>
        <div class="me">
          <button class="quiet" @click=${() => this.querySelector('vigil-palette').show(false)}>${t('nav.palette')} <kbd>⌘K</kbd></button>
          <span class="who">${app.session.name}<small>${t('role.' + app.session.role)}</small></span>
          <button class="quiet" @click=${this.signOut}>${t('nav.signout')}</button>
        </div>
      </header>
      ${this.emergencies.length === 0 ? nothing : html`
        <section class="emergencies" aria-label=${t('glass.title')} data-testid="emergencies">
          ${this.emergencies.map((each) => html`<p>${t('glass.one', {
            what: `${each.kind.replace('_', ' ')} ${each.name} ${each.version}`,
            persons: each.persons.join(', ') || '?',
            until: each.until ? time(each.until) : '–',
          })}</p>`)}
        </section>`}
      <main id="main" tabindex="-1">${this.page(path)}</main>
      ${this.notices()}
      <vigil-palette></vigil-palette>`;
  }

  skip(event) {
    event.preventDefault();
    document.querySelector('main').focus();
  }

  page(path) {
    const found = /^\/case\/(\d+)$/.exec(path);
    if (found) {
      return html`<vigil-case .caseId=${Number(found[1])}></vigil-case>`;
    }
    const page = PAGES.find((each) => each.path === path && this.may(each)) ?? PAGES[0];
    if (page.module) {
      import(page.module).catch(() => this.reach(false));
    }
    switch (page.name) {
      case 'lead': return html`<vigil-lead></vigil-lead>`;
      case 'reviews': return html`<vigil-reviews></vigil-reviews>`;
      case 'people': return html`<vigil-people></vigil-people>`;
      case 'access': return html`<vigil-access></vigil-access>`;
      case 'settings': return html`<vigil-settings @theme=${this.theme}></vigil-settings>`;
      default: return html`<vigil-queue .search=${location.search}></vigil-queue>`;
    }
  }

  notices() {
    return html`
      <div class="notices">
        ${this.offline ? html`<div class="banner" role="alert" data-testid="offline">${t('offline')}</div>` : nothing}
        <div role="status" aria-live="polite">
          ${this.message ? html`<div class="toast ${this.message.kind}">${this.message.text}</div>` : nothing}
        </div>
        <div role="status" aria-live="polite">
          ${this.undoable ? html`
            <div class="toast undo" data-testid="undo">
              <span>${this.undoable.text}</span>
              <button @click=${this.undo}>${t('undo')} <kbd>u</kbd></button>
              <span class="left" aria-hidden="true">${t('undo.left', {s: this.undoable.left})}</span>
            </div>` : nothing}
        </div>
      </div>`;
  }
}

customElements.define('vigil-app', VigilApp);
listen(() => document.querySelector('vigil-palette')?.show(false));
