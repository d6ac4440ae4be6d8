// The accounts' payments over time: a chart, and the same as a table.
import {api} from './api.js';
import {html, nothing, View, waiting} from './view.js';
import {t} from './texts.js';
import {amount, day, major, number, time} from './format.js';
import {draw, tooltip} from './chart.js';
import {table} from './evidence.js';

class Timeline extends View {
  static properties = {caseId: {type: Number}, count: {type: Number}, currency: {}, rows: {state: true}};

  willUpdate(changed) {
    if (changed.has('caseId') || (changed.has('count') && changed.get('count') !== undefined)) {
      this.load();
    }
  }

  async load() {
    const id = this.caseId;
    const rows = await api.get(`/api/cases/${id}/timeline`).then((answer) => answer.rows, (error) => error);
    if (id === this.caseId) {
      this.rows = rows;
    }
  }

  async updated(changed) {
    if (changed.has('rows') && Array.isArray(this.rows) && this.rows.length > 0) {
      this.stop?.();
      const element = this.querySelector('.chart');
      this.stop = await draw(element, (c) => this.option(c));
    }
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.stop?.();
  }

  option(c) {
    const points = (rows) => rows.map((row) => ({value: [row.event_time, Math.max(0.01, major(row.amount_minor, row.currency))], row}));
    const fraud = this.rows.filter((row) => row.label?.value === 'FRAUD');
    const here = this.rows.filter((row) => row.in_case && row.label?.value !== 'FRAUD');
    const alerts = this.rows.filter((row) => row.alert_id && !row.in_case && row.label?.value !== 'FRAUD');
    const rest = this.rows.filter((row) => !row.alert_id && row.label?.value !== 'FRAUD');
    const series = (name, rows, colour, symbol, size) => ({name, type: 'scatter', data: points(rows), symbol, symbolSize: size, itemStyle: {color: colour, opacity: 0.9}});
    return {
      grid: {left: 58, right: 14, top: 30, bottom: 26},
      legend: {top: 0, right: 8, itemHeight: 9, itemWidth: 9, textStyle: {color: c.muted, fontSize: 11}},
      tooltip: tooltip(c, ({data: {row}}) => `${time(row.event_time)}\n${amount(row.amount_minor, row.currency)}\n${row.merchant ?? row.counterparty ?? ''}`),
      xAxis: {type: 'time', axisLine: {lineStyle: {color: c.line}}, axisLabel: {color: c.muted, fontSize: 11, hideOverlap: true, formatter: (value) => day(value)}, splitLine: {show: false}},
      yAxis: {type: 'log', axisLabel: {color: c.muted, fontSize: 11, formatter: (value) => number(value)}, splitLine: {lineStyle: {color: c.line}}, minorSplitLine: {show: false}},
      series: [
        series(t('timeline.payment'), rest, c.faint, 'circle', 6), series(t('timeline.alert'), alerts, c.warn, 'triangle', 9),
        series(t('timeline.incase'), here, c.accent, 'diamond', 11), series(t('timeline.fraud'), fraud, c.bad, 'rect', 8),
      ].filter((each) => each.data.length > 0),
    };
  }

  render() {
    const rows = this.rows;
    return html`
      <section class="card"><h2>${t('timeline.title')}</h2>
        ${!Array.isArray(rows) ? waiting(rows, () => this.load()) : rows.length === 0 ? html`<p class="muted">${t('timeline.none')}</p>` : html`
          <p class="muted">${t('timeline.text', {n: number(rows.length), alerts: number(rows.filter((row) => row.alert_id).length)})}</p>
          <div class="chart" role="img" aria-label=${t('timeline.chart')}></div>
          <details><summary>${t('timeline.table')}</summary>${table(rows.slice(0, 200), null)}</details>`}
      </section>${nothing}`;
  }
}

customElements.define('vigil-timeline', Timeline);
