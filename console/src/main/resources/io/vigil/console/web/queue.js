// The queue: a list that never moves by itself.
import {repeat} from '/lib/lit/directives/repeat.js';
import {api, query} from './api.js';
import {app, attempt, decides, follow, html, key, nothing, View, waiting} from './view.js';
import {t} from './texts.js';
import {activate, keyOf} from './keys.js';
import {amount, caseName, code, headline, number, shortTime, since, span} from './format.js';
import {askGroup, askFraud, askNote, askSnooze} from './dialogs.js';

const TEAMS = ['cards', 'online', 'transfers', 'lead'];
const STATUSES = ['open', 'waiting', 'snoozed', 'pending', 'decided', 'all'];
const SEARCH_PAUSE_MS = 150;
const NEAR_END = 8;

class Queue extends View {
  static properties = {search: {}, page: {state: true}, fresh: {state: true}, facets: {state: true}, selected: {state: true}, busy: {state: true}};

  constructor() {
    super();
    this.page = null;
    this.fresh = 0;
    this.facets = null;
    this.selected = new Set();
    this.undone = () => this.load();
    this.live = (event) => event.detail.type === 'queue' && this.look();
  }

  connectedCallback() {
    super.connectedCallback();
    document.addEventListener('vigil-live', this.live);
    document.addEventListener('vigil-undone', this.undone);
    const can = (work) => (decides() ? work : {});
    this.deactivate = activate('queue', {
      down: () => this.move(1),
      up: () => this.move(-1),
      open: () => this.row() && app.go(`/case/${this.row()}`),
      shownew: () => this.load(),
      ...can({
        select: () => this.toggle(this.row()),
        fraud: () => this.decide('fraud'),
        genuine: () => this.decide('genuine'),
        unclear: () => this.decide('unclear'),
        snooze: () => this.put('snooze', askSnooze, 'done.snoozed'),
        escalate: () => this.put('escalate', (name) => askNote('escalate', name), 'done.escalated'),
      }),
    });
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    document.removeEventListener('vigil-live', this.live);
    document.removeEventListener('vigil-undone', this.undone);
    this.deactivate();
  }

  willUpdate(changed) {
    if (changed.has('search')) {
      const given = new URLSearchParams(this.search);
      this.filter = {
        team: given.get('team') ?? '', kind: given.get('kind') ?? '', status: given.get('status') ?? '',
        mine: given.get('mine') === 'true', q: given.get('q') ?? '',
      };
      this.wantsSearch = given.get('focus') === 'search';
      this.selected = new Set();
      this.load();
      this.counts();
    }
  }

  updated() {
    if (this.wantsSearch) {
      this.wantsSearch = false;
      const field = this.querySelector('input[type=search]');
      field?.focus();
      field?.select();
    }
  }

  async load() {
    const turn = (this.turn = (this.turn ?? 0) + 1);
    try {
      const page = await api.get('/api/queue' + query(this.filter));
      if (turn === this.turn) {
        const kept = this.row();
        this.page = page;
        this.fresh = 0;
        await this.updateComplete;
        if (kept && document.activeElement === document.body) {
          this.querySelector(`[data-case="${kept}"]`)?.focus();
        }
      }
    } catch (error) {
      if (turn === this.turn && !this.page?.cases) {
        this.page = error;
      }
    }
    this.busy = false;
  }

  async more() {
    if (this.loading || !this.page?.next) {
      return;
    }
    this.loading = true;
    const turn = this.turn;
    await attempt(async () => {
      const page = await api.get('/api/queue' + query({...this.filter, after: this.page.next}));
      if (turn === this.turn) {
        const known = new Set(this.page.cases.map((each) => each.case_id));
        this.page = {...this.page, cases: [...this.page.cases, ...page.cases.filter((each) => !known.has(each.case_id))], next: page.next};
      }
    });
    this.loading = false;
  }

  async counts() {
    this.facets = await api.get('/api/queue/facets').catch(() => this.facets);
  }

  /** Looks whether there is something new; what is on the screen stays. */
  async look() {
    if (!this.page?.as_of || this.looking) {
      return;
    }
    this.looking = true;
    try {
      const {count} = await api.get('/api/queue/new' + query({...this.filter, since: this.page.as_of}));
      if (this.page.cases.length === 0 && count > 0) {
        await this.load();
      } else {
        this.fresh = count;
      }
      await this.counts();
    } catch {
      // The banner says it.
    } finally {
      this.looking = false;
    }
  }

  set(change) {
    const filter = {...this.filter, ...change};
    app.go('/' + query(filter));
  }

  type(event) {
    clearTimeout(this.typing);
    const q = event.target.value;
    this.typing = setTimeout(() => {
      this.filter = {...this.filter, q};
      history.replaceState(null, '', '/' + query(this.filter));
      this.load();
    }, SEARCH_PAUSE_MS);
  }

  /** The case under the cursor. */
  row() {
    const id = document.activeElement?.closest?.('[data-case]')?.dataset.case ?? this.last;
    return id ? Number(id) : null;
  }

  move(step) {
    const rows = [...this.querySelectorAll('a[data-case]')];
    if (rows.length === 0) {
      return;
    }
    const at = rows.findIndex((each) => Number(each.dataset.case) === this.row());
    const next = at < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, at + step));
    rows[next].focus();
    if (next >= rows.length - NEAR_END) {
      this.more();
    }
  }

  toggle(id) {
    if (!id) {
      return;
    }
    const selected = new Set(this.selected);
    if (!selected.delete(id)) {
      selected.add(id);
    }
    this.selected = selected;
  }

  chosen() {
    const ids = this.selected.size > 0 ? [...this.selected] : [this.row()];
    return this.page.cases.filter((each) => ids.includes(each.case_id));
  }

  async decide(verdict) {
    const cases = this.chosen();
    if (cases.length === 0) {
      return;
    }
    let request = {verdict, cases: cases.map(({case_id, version}) => ({case_id, version}))};
    if (verdict === 'fraud') {
      const answer = await askFraud(cases);
      if (!answer) {
        return;
      }
      request = {...request, ...answer};
    }
    if (cases.length > 1) {
      const preview = await api.post('/api/verdicts/preview', request).catch((error) => error);
      if (!(await askGroup(verdict, cases, preview))) {
        return;
      }
    }
    const worked = await attempt(async () => app.decided(await api.post('/api/verdicts', request), verdict));
    this.gone(worked ? cases : []);
  }

  async put(what, ask, said) {
    const [chosen] = this.chosen();
    const answer = chosen && (await ask(caseName(chosen.case_id)));
    if (answer) {
      const worked = await attempt(async () => {
        await api.post(`/api/cases/${chosen.case_id}/${what}`, answer);
        app.toast(t(said, {case: caseName(chosen.case_id)}));
      });
      this.gone(worked ? [chosen] : []);
    }
  }

  /** Takes decided cases out of the list; the cursor goes to the next one. */
  async gone(cases) {
    const ids = new Set(cases.map((each) => each.case_id));
    if (ids.size === 0) {
      await this.load();
      return;
    }
    const rest = this.page.cases;
    const at = rest.findIndex((each) => ids.has(each.case_id));
    this.page = {...this.page, cases: rest.filter((each) => !ids.has(each.case_id)), total: this.page.total - ids.size};
    this.selected = new Set();
    await this.updateComplete;
    const rows = this.querySelectorAll('a[data-case]');
    rows[Math.min(at, rows.length - 1)]?.focus();
    if (rows.length < NEAR_END) {
      this.more();
    }
    this.counts();
  }

  render() {
    document.title = `${t('queue.title')} · Vigil`;
    return html`
      <h1 class="hidden">${t('queue.title')}</h1>
      <div class="tools">
        <div class="tabs" role="group" aria-label=${t('lead.team')}>
          ${['', ...TEAMS].map((team) => html`
            <button aria-pressed=${String(this.filter.team === team)} @click=${() => this.set({team})}>
              ${t('team.' + (team || 'all'))}<span class="count">${this.facets ? number(team ? this.facets.teams[team] ?? 0 : Object.values(this.facets.teams).reduce((a, b) => a + b, 0)) : ''}</span>
            </button>`)}
        </div>
        <input type="search" data-testid="search" .value=${this.filter.q} maxlength="200" aria-label=${t('queue.search')} placeholder=${t('queue.search')} @input=${this.type}>
        <select aria-label=${t('queue.kind')} @change=${(event) => this.set({kind: event.target.value})}>
          <option value="">${t('queue.anykind')}</option>
          ${Object.entries(this.facets?.kinds ?? {}).map(([kind, n]) => html`<option value=${kind} ?selected=${kind === this.filter.kind}>${code(kind)} (${number(n)})</option>`)}
        </select>
        <select aria-label=${t('queue.status')} @change=${(event) => this.set({status: event.target.value})}>
          ${STATUSES.map((status) => html`<option value=${status} ?selected=${status === (this.filter.status || (this.filter.q ? 'all' : 'open'))}>${t('status.' + status)}${this.facets && status !== 'all' ? ` (${number(this.facets.status[status] ?? 0)})` : ''}</option>`)}
        </select>
        <label class="check"><input type="checkbox" .checked=${this.filter.mine} @change=${(event) => this.set({mine: event.target.checked})}>${t('queue.mine')}</label>
        ${decides() ? html`<button class="primary" data-testid="next" @click=${() => document.querySelector('vigil-app').next()}>${t('queue.next')} ${key(keyOf('everywhere', 'next'))}</button>` : nothing}
      </div>
      <div class="strip">
        <span role="status" class="muted">${this.summary()}</span>
        ${this.selected.size > 0 ? html`
          <span class="selection">${t('queue.selected', {n: this.selected.size})}
            <button @click=${() => this.decide('fraud')}>${t('bar.fraud')} ${key(keyOf('queue', 'fraud'))}</button>
            <button @click=${() => this.decide('genuine')}>${t('bar.genuine')} ${key(keyOf('queue', 'genuine'))}</button>
            <button class="quiet" @click=${() => (this.selected = new Set())}>${t('queue.clear')}</button>
          </span>` : nothing}
        ${this.fresh > 0 ? html`<button class="newbar" data-testid="new-bar" @click=${this.load}>${t('queue.new', {n: this.fresh})} ${key(keyOf('queue', 'shownew'))}</button>` : nothing}
      </div>
      ${this.list()}`;
  }

  summary() {
    const total = this.page?.total;
    if (total === undefined || total === null) {
      return '';
    }
    return this.filter.q ? t('queue.found', {n: total}) : total >= 100000 ? t('queue.more', {n: number(100000)}) : t('queue.total', {n: number(total)});
  }

  list() {
    if (!this.page?.cases) {
      return waiting(this.page, () => this.load());
    }
    if (this.page.cases.length === 0) {
      return html`<div class="empty"><p>${t(this.filter.q ? 'queue.notfound' : 'queue.empty')}</p><p class="muted">${this.filter.q ? '' : t('queue.empty.text')}</p></div>`;
    }
    return html`
      <ol class="queue" data-testid="queue" aria-label=${t('queue.list')} @focusin=${this.remember}>
        ${repeat(this.page.cases, (each) => each.case_id, (each) => this.item(each))}
      </ol>
      ${this.page.next ? html`<button class="more" @click=${this.more}>${t('queue.loadmore')}</button>` : nothing}`;
  }

  remember(event) {
    const id = event.target.closest('[data-case]')?.dataset.case;
    if (id) {
      this.last = id;
    }
  }

  item(c) {
    const loss = amount(c.expected_loss_minor, c.base_currency);
    const why = {loss: amount(c.priority.loss_minor_per_minute, c.base_currency), minutes: number(c.priority.minutes, 1), boost: number(c.priority.boost, 1)};
    return html`
      <li class="row" data-testid="row-${c.case_id}">
        ${decides() && c.status === 'open' ? html`<input type="checkbox" tabindex="-1" aria-label=${t('queue.select', {case: caseName(c.case_id)})} .checked=${this.selected.has(c.case_id)} @change=${() => this.toggle(c.case_id)}>` : html`<span></span>`}
        <a href="/case/${c.case_id}" data-case=${c.case_id} @click=${follow}>
          <span class="id">${caseName(c.case_id)}</span>
          <span class="what">
            <span class="head"><bdi>${headline(c)}</bdi>${c.new_alerts > 0 ? html` <span class="chip new">${t('queue.newalerts', {n: c.new_alerts})}</span>` : nothing}</span>
            <span class="reason"><span class="chip">${code(c.kind)}</span> <bdi>${c.reason ?? ''}</bdi></span>
          </span>
          <span class="loss">${loss}<small>${t('queue.loss')}</small></span>
          <span class="why" title=${t('queue.why.full', why)}>${t('queue.why', why)}<small>${t('queue.minutes', why)}${c.priority.boost >= 1.05 ? ' · ' + t('queue.boost', why) : ''}</small></span>
          <span class="state">${this.state(c)}</span>
        </a>
      </li>`;
  }

  state(c) {
    if (c.status === 'decided') {
      return html`<span class="verdict ${c.verdict}">${t('decided.by', {verdict: t('verdict.' + c.verdict), name: c.decided_by, time: shortTime(c.decided_at)})}</span>`;
    }
    if (c.status === 'pending') {
      return t('proposed.by', {verdict: t('verdict.' + c.verdict), name: c.decided_by});
    }
    if (c.until) {
      return html`${t('status.' + c.status)}<small>${t('until', {time: shortTime(c.until)})}</small>`;
    }
    const over = since(c.due_at);
    return html`<span class=${over > 0 ? 'overdue' : ''}>${over > 0 ? t('due.over', {span: span(over)}) : t('due.in', {span: span(-over)})}</span>
      <small>${c.claimed_by ? (c.claimed_by === app.session.name ? t('held.me') : t('held.by', {name: c.claimed_by})) : ''}</small>`;
  }
}

customElements.define('vigil-queue', Queue);
