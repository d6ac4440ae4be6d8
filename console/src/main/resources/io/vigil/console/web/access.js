// Who read, revealed, tried and was refused what.
import {api, query} from './api.js';
import {html, link, nothing, View, waiting} from './view.js';
import {t} from './texts.js';
import {caseName, time} from './format.js';

class Access extends View {
  static properties = {entries: {state: true}, next: {state: true}};

  constructor() {
    super();
    this.filter = {};
    this.load();
  }

  async load(before) {
    try {
      const page = await api.get('/api/access' + query({...this.filter, before}));
      this.entries = before ? [...this.entries, ...page.entries] : page.entries;
      this.next = page.next;
    } catch (error) {
      this.entries = error;
    }
  }

  submit(event) {
    event.preventDefault();
    const form = new FormData(event.target);
    this.filter = {user: form.get('user'), case: (form.get('case') ?? '').replace(/\D/g, '')};
    this.load();
  }

  render() {
    document.title = `${t('access.title')} · Vigil`;
    return html`
      <div class="pagehead"><h1>${t('access.title')}</h1>
        <form class="inline" @submit=${this.submit}><label>${t('access.user')}<input name="user"></label><label>${t('access.case')}<input name="case" placeholder="C-12"></label><button>${t('access.filter')}</button></form></div>
      ${!Array.isArray(this.entries) ? waiting(this.entries, () => this.load()) : html`
        <section class="card"><div class="scroll tall" tabindex="0" role="region" aria-label=${t('access.title')}><table>
          <thead><tr>${['at', 'who', 'what', 'case', 'detail', 'from'].map((each) => html`<th>${t('access.' + each)}</th>`)}</tr></thead>
          <tbody>${this.entries.map((each) => html`<tr><td>${time(each.at)}</td><td>${each.user ? html`${each.user} <small>${t('role.' + each.role)}</small>` : html`<span class="muted">${t('access.nobody')}</span>`}</td><td>${each.action.replaceAll('_', ' ')}</td><td>${each.case_id ? link(`/case/${each.case_id}`, caseName(each.case_id)) : nothing}</td><td><bdi>${each.detail ?? ''}</bdi></td><td>${each.address ?? ''}</td></tr>`)}</tbody>
        </table></div>${this.next ? html`<button class="more" @click=${() => this.load(this.next)}>${t('access.more')}</button>` : nothing}</section>`}`;
  }
}

customElements.define('vigil-access', Access);
