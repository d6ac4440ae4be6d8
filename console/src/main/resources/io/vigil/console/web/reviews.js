// Blind re-review: the same case once more, without the first verdict.
import {api} from './api.js';
import {attempt, app, html, View, waiting} from './view.js';
import {t} from './texts.js';
import {amount, caseName, code, headline} from './format.js';

class Reviews extends View {
  static properties = {cases: {state: true}};

  constructor() {
    super();
    this.load();
  }

  async load() {
    this.cases = await api.get('/api/reviews').then((answer) => answer.cases, (error) => error);
  }

  async judge(c, verdict) {
    await attempt(async () => {
      const answer = await api.post(`/api/reviews/${c.case_id}`, {verdict});
      app.toast(t(answer.agrees ? 'reviews.agree' : 'reviews.differ', {verdict: t('verdict.' + answer.verdict)}));
      this.cases = this.cases.filter((each) => each !== c);
    });
  }

  render() {
    document.title = `${t('reviews.title')} · Vigil`;
    return html`
      <div class="pagehead"><h1>${t('reviews.title')}</h1></div>
      <p class="muted">${t('reviews.lead')}</p>
      ${!Array.isArray(this.cases) ? waiting(this.cases, () => this.load()) : this.cases.length === 0 ? html`<div class="empty"><p>${t('reviews.empty')}</p></div>` : html`
        <ul class="plain narrow">${this.cases.map((c) => html`
          <li class="card"><h2>${caseName(c.case_id)} <bdi>${headline(c)}</bdi></h2>
            <p><span class="chip">${code(c.kind)}</span> <bdi>${c.reason ?? ''}</bdi> <small>${t('case.loss')} ${amount(c.expected_loss_minor, c.base_currency)}</small></p>
            <div class="tools">${['fraud', 'genuine', 'unclear'].map((verdict) => html`<button @click=${() => this.judge(c, verdict)}>${t('verdict.' + verdict)}</button>`)}</div></li>`)}</ul>`}`;
  }
}

customElements.define('vigil-reviews', Reviews);
