// A case on one screen.
import {api} from './api.js';
import {app, attempt, decides, html, key, link, nothing, View, waiting} from './view.js';
import {t} from './texts.js';
import {activate, keyOf} from './keys.js';
import {amount, caseName, code, headline, number, score, shortTime, since, span, time} from './format.js';
import {askAction, askFraud, askNote, askReveal, askSnooze, askText, askTrust} from './dialogs.js';
import {evidence, facts} from './evidence.js';
import {history} from './history.js';
import {showRecord, showWhatIf} from './what-if.js';
import './timeline.js';
import './links.js';

const ALIVE_MS = 120000;
const LIVE_PAUSE_MS = 300;

class Case extends View {
  static properties = {caseId: {type: Number}, detail: {state: true}, similar: {state: true}, at: {state: true}, rows: {state: true}, stale: {state: true}, all: {state: true}};

  constructor() {
    super();
    this.live = (event) => this.changed(event.detail);
    this.alive = () => document.visibilityState === 'visible' && this.claim();
  }

  connectedCallback() {
    super.connectedCallback();
    document.addEventListener('vigil-live', this.live);
    this.beat = setInterval(this.alive, ALIVE_MS);
    const may = decides();
    const on = (work) => () => this.detail?.case_id && work();
    this.deactivate = activate('case', {
      ...(may ? {
        fraud: on(() => this.fraud()), genuine: on(() => this.decide({verdict: 'genuine'})), unclear: on(() => this.decide({verdict: 'unclear'})),
        wait: on(() => this.put('wait', () => askNote('wait', this.name()), 'done.waiting', true)),
        snooze: on(() => this.put('snooze', () => askSnooze(this.name()), 'done.snoozed', true)),
        escalate: on(() => this.put('escalate', () => askNote('escalate', this.name()), 'done.escalated', true)),
        note: on(() => this.put('notes', () => askText(this.name()), 'done.noted')),
        trust: on(() => this.put('trust', () => askTrust(this.detail), 'done.trusted')),
        actions: on(() => this.put('actions', () => askAction(this.name()), 'done.action')),
        approve: on(() => this.approve(true)), refuse: on(() => this.approve(false)),
        reopen: on(() => this.put('reopen', () => askNote('reopen', this.name()), 'done.reopened')),
      } : {}),
      reveal: on(() => this.reveal()),
      record: on(() => showRecord(this.detail, this.alert())),
      whatif: on(() => showWhatIf(this.detail, this.alert())),
      nextalert: on(() => this.select(this.at + 1)), prevalert: on(() => this.select(this.at - 1)),
      rows: on(() => this.toggleRows(this.alert().reasons[0]?.code)),
      back: () => app.go('/'),
    });
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    document.removeEventListener('vigil-live', this.live);
    clearInterval(this.beat);
    clearTimeout(this.later);
    this.deactivate();
  }

  willUpdate(changed) {
    if (changed.has('caseId')) {
      this.detail = null;
      this.similar = null;
      this.at = 0;
      this.rows = {};
      this.stale = false;
      this.all = false;
      this.open();
    }
  }

  name() {
    return caseName(this.caseId);
  }

  alert() {
    return this.detail.list[this.at];
  }

  async open() {
    const id = this.caseId;
    document.title = `${this.name()} · Vigil`;
    this.holder = null;
    await this.claim();
    await this.read();
    if (id === this.caseId && this.detail?.case_id) {
      this.similar = await api.get(`/api/cases/${id}/similar`).then((answer) => answer.cases, (error) => error);
    }
  }

  /** Holds an open case, so that nobody else works on it; somebody else's is read. */
  async claim() {
    if (!decides() || (this.detail?.status ?? 'open') !== 'open') {
      return;
    }
    try {
      await api.post(`/api/cases/${this.caseId}/claim`);
    } catch (error) {
      if (!['claimed', 'not_open', 'no_case', 'offline'].includes(error.code)) {
        throw error;
      }
    }
  }

  async read() {
    const id = this.caseId;
    try {
      const detail = await api.get(`/api/cases/${id}`);
      if (id === this.caseId) {
        this.detail = detail;
        this.at = Math.min(this.at, Math.max(0, detail.list.length - 1));
        this.stale = false;
      }
    } catch (error) {
      if (!this.detail?.case_id) {
        this.detail = error;
      }
    }
  }

  /** What comes in while somebody reads is shown when they want; what became of their own doing, at once. */
  changed({type, case_id: id}) {
    if (type !== 'case' || !this.detail?.case_id || (id !== this.caseId && id !== 0)) {
      return;
    }
    clearTimeout(this.later);
    this.later = setTimeout(async () => {
      const detail = await api.get(`/api/cases/${this.caseId}`).catch(() => null);
      if (!detail || detail.case_id !== this.detail?.case_id) {
        return;
      }
      if (detail.alerts === this.detail.alerts && detail.status === this.detail.status) {
        this.detail = detail;
      } else {
        this.stale = true;
      }
    }, LIVE_PAUSE_MS);
  }

  select(at) {
    this.at = Math.max(0, Math.min(this.detail.list.length - 1, at));
    this.rows = {};
    this.updateComplete.then(() => this.querySelector('.alerts [aria-current=true]')?.scrollIntoView({block: 'nearest'}));
  }

  async toggleRows(reason) {
    if (!reason) {
      return;
    }
    if (this.rows[reason]) {
      this.rows = {...this.rows, [reason]: null};
      return;
    }
    const alert = this.alert();
    await attempt(async () => {
      const rows = await api.get(`/api/cases/${this.caseId}/rows?` + new URLSearchParams({alert: alert.alert_id, reason}));
      this.rows = {...this.rows, [reason]: rows};
    });
  }

  async fraud() {
    const answer = await askFraud([this.detail]);
    if (answer) {
      await this.decide({verdict: 'fraud', ...answer});
    }
  }

  async decide(verdict) {
    const {case_id, version} = this.detail;
    const worked = await attempt(async () => {
      app.decided(await api.post('/api/verdicts', {...verdict, cases: [{case_id, version}]}), verdict.verdict);
    });
    await this.goOn(worked);
  }

  async goOn(worked) {
    if (!worked) {
      await this.read();
    } else if (app.preferences.after === 'queue') {
      app.go('/');
    } else {
      await document.querySelector('vigil-app').next();
    }
  }

  async put(what, ask, said, leaves = false) {
    const answer = await ask();
    if (!answer) {
      return;
    }
    const worked = await attempt(async () => {
      await api.post(`/api/cases/${this.caseId}/${what}`, answer);
      app.toast(t(said, {case: this.name()}));
    });
    await (leaves ? this.goOn(worked) : this.read());
  }

  async approve(approve) {
    const answer = approve ? {} : await askNote('refuse', this.name());
    if (answer) {
      await attempt(async () => {
        await api.post(`/api/cases/${this.caseId}/approval`, {approve, ...answer});
        app.toast(t(approve ? 'done.approved' : 'done.refused'));
      });
      await this.read();
    }
  }

  async reveal() {
    const answer = !this.detail.revealed && (await askReveal(this.name()));
    if (answer && (await attempt(() => api.post(`/api/cases/${this.caseId}/reveal`, answer)))) {
      await this.read();
      this.querySelectorAll('vigil-timeline, vigil-links').forEach((part) => part.load());
    }
  }

  render() {
    const c = this.detail;
    if (!c?.case_id) {
      return html`<h1 class="hidden">${t('case.title', {case: this.name()})}</h1>${waiting(c, () => this.open())}`;
    }
    return html`
      <article class="case" data-testid="case-${c.case_id}">
        ${this.top(c)}
        <div class="columns">
          <div class="main">
            ${this.alerts(c)}
            <vigil-timeline .caseId=${c.case_id} .count=${c.alerts} .currency=${c.base_currency}></vigil-timeline>
            ${this.likeIt()}
          </div>
          <div class="side">
            ${this.stream(c)}
            <vigil-links .caseId=${c.case_id}></vigil-links>
            ${this.related(c)}
            ${this.inForce(c)}
            ${history(c, this.all, () => (this.all = true))}
          </div>
        </div>
        ${this.bar(c)}
      </article>`;
  }

  top(c) {
    const over = since(c.due_at);
    const why = {loss: amount(c.priority.loss_minor_per_minute, c.base_currency), minutes: number(c.priority.minutes, 1), boost: number(c.priority.boost, 1)};
    const held = c.claimed_by && c.claimed_by !== app.session.name;
    return html`
      <header class="casehead">
        <div class="titles">
          <p class="crumb">${link('/', t('case.back'))} <span aria-hidden="true">/</span> ${caseName(c.case_id)} <span class="chip ${c.status}">${t('status.' + c.status)}</span> <span class="chip">${t('team.' + c.team)}</span></p>
          <h1><bdi>${headline(c)}</bdi></h1>
          ${c.reason ? html`<p class="lead"><span class="chip">${code(c.kind)}</span> <bdi>${c.reason}</bdi></p>` : nothing}
        </div>
        <dl class="figures">
          <div class="strong"><dt>${t('case.loss')}</dt><dd>${amount(c.expected_loss_minor, c.base_currency)}</dd></div>
          <div><dt>${t('case.amount')}</dt><dd>${amount(c.amount_minor, c.base_currency)}</dd></div>
          <div><dt>${t('case.score')}</dt><dd>${score(c.score)}</dd></div>
          <div><dt>${t('case.asks')}</dt><dd>${t('outcome.' + c.outcome)}</dd></div>
          <div><dt>${t('case.due')}</dt><dd class=${over > 0 && c.status === 'open' ? 'overdue' : ''}>${c.status === 'decided' ? '–' : over > 0 ? t('due.over', {span: span(over)}) : t('due.left', {span: span(-over)})}</dd></div>
          <div><dt>${t('case.why')}</dt><dd title=${t('queue.why.full', why)}>${t('queue.why', why)}</dd></div>
        </dl>
        ${c.merged_into ? html`<p class="notice">${t('case.merged', {case: ''})}${link(`/case/${c.merged_into}`, caseName(c.merged_into))}</p>` : nothing}
        ${held ? html`<p class="notice" data-testid="held">${t('case.heldby', {name: c.claimed_by, time: shortTime(c.claimed_until)})}</p>` : nothing}
        ${c.status === 'pending' ? html`<p class="notice">${t(c.decided_by === app.session.name ? 'case.pending.mine' : 'case.pending', {name: c.decided_by, verdict: t('verdict.' + c.verdict)})}</p>` : nothing}
        ${c.status === 'decided' ? html`<p class="notice verdict ${c.verdict}">${t('decided.by', {verdict: t('verdict.' + c.verdict), name: c.decided_by, time: time(c.decided_at)})}${c.scheme ? ` · ${code(c.scheme)}` : ''}</p>` : nothing}
        ${c.four_eyes && c.status !== 'decided' && c.status !== 'pending' ? html`<p class="notice">${t('case.foureyes.' + c.four_eyes)}</p>` : nothing}
        ${this.stale ? html`<p class="notice"><button data-testid="stale" @click=${async () => { await this.claim(); await this.read(); }}>${t('case.changed')}</button></p>` : nothing}
      </header>`;
  }

  alerts(c) {
    const alert = c.list[this.at];
    return html`
      <section class="card">
        <h2>${t('alerts.title', {n: c.list.length})}${c.new_alerts > 0 ? html` <span class="chip new">${t('queue.newalerts', {n: c.new_alerts})}</span>` : nothing}
          <span class="mask">${c.revealed ? t('revealed') : html`${t('masked')} <button class="quiet" @click=${this.reveal}>${t('bar.reveal')} ${key(keyOf('case', 'reveal'))}</button>`}</span></h2>
        ${c.list.length > 1 ? html`
          <ol class="alerts">
            ${c.list.map((each, i) => html`
              <li><button aria-current=${String(i === this.at)} @click=${() => this.select(i)}>
                <span>${shortTime(each.event_time)}</span>
                <span class="grow"><bdi>${each.merchant ?? each.counterparty ?? each.account}</bdi>
                  ${each.new ? html`<span class="chip new">${t('alerts.new')}</span>` : nothing}${each.trusted ? html`<span class="chip">${t('alerts.trusted')}</span>` : nothing}${each.label ? html`<span class="chip ${each.label.value.toLowerCase()}">${t('verdict.' + each.label.value.toLowerCase())}</span>` : nothing}</span>
                <span class="num">${amount(each.amount_minor, each.currency)}</span>
                <span class="num small">${score(each.score)}</span>
              </button></li>`)}
          </ol>` : nothing}
        ${alert ? html`
          ${facts(alert)}
          <h3 class="withtools">${t('evidence.title')}
            <span><button class="quiet" @click=${() => showRecord(c, alert)}>${t('alerts.record')} ${key(keyOf('case', 'record'))}</button>
            <button class="quiet" @click=${() => showWhatIf(c, alert)}>${t('alerts.whatif')} ${key(keyOf('case', 'whatif'))}</button></span></h3>
          ${evidence(alert, this.rows, (reason) => this.toggleRows(reason))}` : nothing}
      </section>`;
  }

  stream(c) {
    const {sent, in_stream: applied, took_ms: took} = c.labels;
    return html`
      ${c.verdict_id && c.status === 'decided' ? html`
        <section class="card"><h2>${t('labels.title')}</h2>
          <p data-testid="labels">${sent === 0 ? t('labels.none') : took === null ? t('labels.some', {in: applied, n: sent}) : t('labels.all', {n: sent, ms: number(took)})}</p>
        </section>` : nothing}
      ${c.actions.length > 0 ? html`
        <section class="card"><h2>${t('actions.title')}</h2>
          <ul class="plain">${c.actions.map((each) => html`<li><b>${t('action.' + each.kind)}</b> <bdi>${each.account}</bdi>
            <small>${each.requested_by}, ${shortTime(each.requested_at)}: ${each.acknowledged_at ? t('actions.acked', {time: shortTime(each.acknowledged_at)}) : each.attempts > 0 ? t('actions.failing', {n: each.attempts, error: each.error ?? ''}) : each.published_at ? t('actions.sent') : t('actions.waiting')}</small></li>`)}</ul>
        </section>` : nothing}`;
  }

  related(c) {
    return c.related.length === 0 ? nothing : html`
      <section class="card"><h2>${t('related.title')}</h2>
        <ul class="plain">${c.related.map((each) => html`<li>${link(`/case/${each.case_id}`, caseName(each.case_id))} <span class="chip ${each.verdict ?? each.status}">${each.verdict ? t('verdict.' + each.verdict) : t('status.' + each.status)}</span> <small>${shortTime(each.opened_at)}</small></li>`)}</ul>
      </section>`;
  }

  inForce(c) {
    return html`
      <section class="card"><h2>${t('force.title')}</h2>
        ${c.in_force.map((each) => html`<dl class="digests">
          ${['model', 'rule_set', 'policy'].map((what) => html`<dt>${t('force.' + (what === 'rule_set' ? 'rules' : what))}</dt><dd><code title=${each[what]}>${each[what].slice(0, 12)}</code></dd>`)}
        </dl>${c.in_force.length > 1 ? html`<small>${t('force.alerts', {n: each.alerts})}</small>` : nothing}`)}
      </section>`;
  }

  likeIt() {
    const cases = this.similar;
    return html`
      <section class="card"><h2>${t('similar.title')}</h2>
        ${!Array.isArray(cases) ? html`<p class="muted">${cases ? '' : t('loading')}</p>` : cases.length === 0 ? html`<p class="muted">${t('similar.none')}</p>` : html`
          <ul class="plain similar">${cases.map((each) => html`
            <li>${link(`/case/${each.case_id}`, caseName(each.case_id))}
              <span class="chip ${each.verdict}">${t('verdict.' + each.verdict)}</span>
              <span class="grow"><bdi>${headline(each)}</bdi><small>${each.shared.map(code).join(', ')}</small></span>
              <span class="num small">${t('similar.like', {p: number(each.likeness * 100) + ' %'})}</span></li>`)}</ul>`}
      </section>`;
  }

  bar(c) {
    if (!decides()) {
      return nothing;
    }
    const run = (context, action, name, classes = '', test = '') => html`
      <button class=${classes} data-testid=${test || nothing} @click=${() => this.perform(action)}>${t('bar.' + name)} ${key(keyOf(context, action))}</button>`;
    const mine = !c.claimed_by || c.claimed_by === app.session.name;
    return html`
      <div class="bar" role="toolbar" aria-label=${t('bar.title')}>
        ${['open', 'waiting', 'snoozed'].includes(c.status) && mine ? html`
          ${run('case', 'fraud', 'fraud', 'danger', 'verdict-fraud')}
          ${run('case', 'genuine', 'genuine', 'ok', 'verdict-genuine')}
          ${run('case', 'unclear', 'unclear', '', 'verdict-unclear')}
          <span class="gap"></span>
          ${run('case', 'wait', 'wait')}${run('case', 'snooze', 'snooze')}${run('case', 'escalate', 'escalate')}${run('case', 'trust', 'trust')}${run('case', 'actions', 'actions')}` : nothing}
        ${c.status === 'pending' && c.decided_by !== app.session.name ? html`${run('case', 'approve', 'approve', 'primary', 'approve')}${run('case', 'refuse', 'refuse', '', 'refuse')}` : nothing}
        ${c.status === 'waiting' || c.status === 'snoozed' || (c.status === 'decided' && app.session.role === 'lead') ? run('case', 'reopen', 'reopen') : nothing}
        ${run('case', 'note', 'note')}
      </div>`;
  }

  perform(action) {
    document.dispatchEvent(new CustomEvent('vigil-run', {detail: {context: 'case', action}}));
  }
}

customElements.define('vigil-case', Case);
