// Ages, throughput, precision, analysts.
import {api} from './api.js';
import {html, nothing, View, waiting} from './view.js';
import {t} from './texts.js';
import {amount, day, number, percent, span} from './format.js';
import {draw, tooltip} from './chart.js';
import {app} from './view.js';

const dash = (value, format) => (value === null || value === undefined ? '–' : format(value));

class Lead extends View {
  static properties = {days: {state: true}, figures: {state: true}};

  constructor() {
    super();
    this.days = 14;
    this.load();
  }

  async load() {
    this.figures = await api.get('/api/lead?days=' + this.days).catch((error) => error);
  }

  async updated(changed) {
    const element = this.querySelector('.chart');
    if (changed.has('figures') && element) {
      this.stop?.();
      this.stop = await draw(element, (c) => this.option(c));
    }
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.stop?.();
  }

  option(c) {
    const days = this.figures.days;
    const bars = (name, key, colour) => ({name, type: 'bar', data: days.map((each) => each[key]), itemStyle: {color: colour}, barMaxWidth: 14});
    return {
      grid: {left: 44, right: 48, top: 34, bottom: 24},
      legend: {top: 0, textStyle: {color: c.muted}},
      tooltip: {...tooltip(c), trigger: 'axis'},
      xAxis: {type: 'category', data: days.map((each) => day(each.day)), axisLine: {lineStyle: {color: c.line}}, axisLabel: {color: c.muted}},
      yAxis: [{type: 'value', axisLabel: {color: c.muted}, splitLine: {lineStyle: {color: c.line}}}, {type: 'value', min: 0, max: 1, axisLabel: {color: c.muted, formatter: (value) => percent(value)}, splitLine: {show: false}}],
      series: [bars(t('lead.opened'), 'opened', c.faint), bars(t('lead.decided'), 'decided', c.accent), {name: t('lead.precision'), type: 'line', yAxisIndex: 1, symbolSize: 6, data: days.map((each) => each.precision), itemStyle: {color: c.bad}, lineStyle: {color: c.bad}}],
    };
  }

  table(title, head, rows, whole = false) {
    return html`
      <section class="card ${whole ? 'whole' : ''}"><h2>${title}</h2>
        ${rows.length === 0 ? html`<p class="muted">${t('lead.none')}</p>` : html`
        <div class="scroll" tabindex="0" role="region" aria-label=${title}><table>
          <thead><tr>${head.map((each, i) => html`<th class=${i > 0 ? 'num' : ''}>${t('lead.' + each)}</th>`)}</tr></thead>
          <tbody>${rows.map((row) => html`<tr>${row.map((cell, i) => html`<td class=${i > 0 ? 'num' : ''}><bdi>${cell}</bdi></td>`)}</tr>`)}</tbody>
        </table></div>`}
      </section>`;
  }

  render() {
    document.title = `${t('lead.title')} · Vigil`;
    const f = this.figures;
    const head = html`
      <div class="pagehead"><h1>${t('lead.title')}</h1>
        <label>${t('lead.days')}<select @change=${(event) => { this.days = event.target.value; this.load(); }}>${[7, 14, 30, 90].map((n) => html`<option ?selected=${n === Number(this.days)}>${n}</option>`)}</select></label>
        <a class="button" href="/api/lead/decisions.csv?days=${this.days}" download>${t('lead.csv')}</a></div>`;
    if (!f?.days) {
      return html`${head}${waiting(f, () => this.load())}`;
    }
    const source = (each, name) => [name, number(each.alerts), number(each.fraud), number(each.genuine), percent(each.precision)];
    return html`
      ${head}
      ${f.unreadable > 0 ? html`<p class="notice">${t('lead.unreadable', {n: number(f.unreadable)})}</p>` : nothing}
      ${f.expired > 0 ? html`<p class="notice">${t('lead.expired', {n: number(f.expired)})}</p>` : nothing}
      <div class="grid">
        ${this.table(t('lead.open'), ['team', 'count', 'overdue', 'oldest', 'median', 'loss'], f.open.map((each) => [t('team.' + each.team), number(each.open), number(each.overdue), span(each.oldest_s), span(each.median_s), amount(each.expected_loss_minor, app.session.base_currency)]))}
        <section class="card"><h2>${t('lead.byday')}</h2><div class="chart" role="img" aria-label=${t('lead.chart')}></div></section>
        ${this.table(t('lead.days.table'), ['day', 'opened', 'decided', 'fraud', 'genuine', 'unclear', 'precision', 'handling', 'sla'], [...f.days].reverse().filter((each) => each.opened + each.decided > 0).map((each) => [day(each.day), number(each.opened), number(each.decided), number(each.fraud), number(each.genuine), number(each.unclear), percent(each.precision), dash(each.median_handling_s, span), percent(each.within_sla)]), true)}
        ${this.table(t('lead.rules'), ['name', 'alerts', 'fraud', 'genuine', 'precision'], f.rules.map((each) => source(each, each.name)))}
        ${this.table(t('lead.models'), ['name', 'alerts', 'fraud', 'genuine', 'precision'], f.models.map((each) => source(each, each.name.slice(0, 12))))}
        ${this.table(t('lead.analysts'), ['name', 'decided', 'fraud', 'genuine', 'unclear', 'undone', 'handling', 'reviewed', 'agreed'], f.analysts.map((each) => [each.name, number(each.decided), number(each.fraud), number(each.genuine), number(each.unclear), number(each.undone), dash(each.median_handling_s, span), number(each.reviewed), number(each.agreed)]), true)}
      </div>`;
  }
}

customElements.define('vigil-lead', Lead);
