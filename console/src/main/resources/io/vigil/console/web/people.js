// Who may sign in, and as what.
import {api} from './api.js';
import {app, attempt, html, nothing, View, waiting} from './view.js';
import {t} from './texts.js';
import {shortTime} from './format.js';

const ROLES = ['analyst', 'lead', 'engineer', 'auditor'];

class People extends View {
  static properties = {people: {state: true}, told: {state: true}};

  constructor() {
    super();
    this.load();
  }

  async load() {
    this.people = await api.get('/api/people').then((answer) => answer.people, (error) => error);
  }

  async add(name, role) {
    await attempt(async () => {
      this.told = await api.post('/api/people', {name, role});
      await this.load();
    });
  }

  async change(name, change) {
    await attempt(async () => {
      await api.put(`/api/people/${name}`, change);
      app.toast(t('done.saved'));
    });
    await this.load();
  }

  submit(event) {
    event.preventDefault();
    const form = new FormData(event.target);
    this.add(form.get('name'), form.get('role'));
    event.target.reset();
  }

  render() {
    document.title = `${t('people.title')} · Vigil`;
    const people = this.people;
    return html`
      <div class="pagehead"><h1>${t('people.title')}</h1></div>
      ${!Array.isArray(people) ? waiting(people, () => this.load()) : html`
        <div class="narrow">
          ${this.told ? html`<p class="notice" role="status">${t('people.password', {name: this.told.name, password: this.told.one_time_password})}</p>` : nothing}
          <section class="card"><div class="scroll" tabindex="0" role="region" aria-label=${t('people.title')}><table>
            <thead><tr><th>${t('people.name')}</th><th>${t('people.role')}</th><th>${t('people.state')}</th><th>${t('people.seen')}</th><th><span class="hidden">${t('settings.action')}</span></th></tr></thead>
            <tbody>${people.map((each) => html`<tr>
              <td>${each.name}</td>
              <td>${each.name === app.session.name || each.oidc ? t('role.' + each.role) : html`<select aria-label="${t('people.role')} ${each.name}" @change=${(event) => this.change(each.name, {role: event.target.value})}>${ROLES.map((role) => html`<option value=${role} ?selected=${role === each.role}>${t('role.' + role)}</option>`)}</select>`}</td>
              <td>${t(each.active ? 'people.active' : 'people.locked')}${each.oidc ? html`, ${t('people.oidc')}` : nothing}</td>
              <td>${each.last_seen ? shortTime(each.last_seen) : t('people.never')}</td>
              <td>${each.name === app.session.name ? nothing : html`<button @click=${() => this.change(each.name, {active: !each.active})}>${t(each.active ? 'people.lock' : 'people.unlock')}</button> ${each.oidc ? nothing : html`<button @click=${() => this.add(each.name, each.role)}>${t('people.reset')}</button>`}`}</td></tr>`)}</tbody>
          </table></div></section>
          <form class="card inline" @submit=${this.submit} aria-label=${t('people.new')}>
            <label>${t('people.name')}<input name="name" required pattern="[a-z][a-z0-9._\\-]{1,31}" autocapitalize="none" spellcheck="false"></label>
            <label>${t('people.role')}<select name="role">${ROLES.map((role) => html`<option value=${role}>${t('role.' + role)}</option>`)}</select></label>
            <button class="primary">${t('people.add')}</button>
          </form>
        </div>`}`;
  }
}

customElements.define('vigil-people', People);
