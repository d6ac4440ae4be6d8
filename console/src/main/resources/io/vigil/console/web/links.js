// What the case's accounts share with others: a graph, and the same as a table.
import {api} from './api.js';
import {app, html, link, nothing, View, waiting} from './view.js';
import {t} from './texts.js';
import {caseName, number} from './format.js';
import {draw, tooltip} from './chart.js';

const SYMBOLS = {account: 'circle', device: 'roundRect', card: 'rect', merchant: 'triangle', terminal: 'diamond', counterparty: 'pin'};
const LABEL_MOST = 14;

/** The ring's width to its height. */
const WIDE = 1.3;

/** Pixels that the graph may take, its labels aside. */
const BOX = {width: 250, height: 196};

/**
 * Accounts on a ring, what they share inside it, near the accounts that share it: the same case looks the same every time, and nothing
 * leaves the frame.
 */
function placed({nodes, edges}) {
  const at = new Map();
  const ring = (list, radius, turn) => list.forEach((node, i) => {
    const angle = turn + 2 * Math.PI * i / list.length;
    at.set(node.id, {x: WIDE * radius * Math.cos(angle), y: radius * Math.sin(angle)});
  });
  ring(nodes.filter((node) => node.kind === 'account'), 1, -Math.PI / 2);
  const shared = nodes.filter((node) => node.kind !== 'account').map((node) => {
    const own = edges.filter((edge) => edge.to === node.id || edge.from === node.id).map((edge) => at.get(edge.to === node.id ? edge.from : edge.to)).filter(Boolean);
    const sum = own.reduce((total, each) => ({x: total.x + each.x, y: total.y + each.y}), {x: 0, y: 0});
    return {...node, angle: Math.atan2(sum.y, sum.x)};
  }).sort((a, b) => a.angle - b.angle);
  ring(shared, shared.length === 1 ? 0 : 0.5, -Math.PI);
  return nodes.map((node) => ({...node, ...at.get(node.id)}));
}

/** As large as fits, with one scale for both directions: circles stay circles. */
function size(nodes) {
  const span = (of) => Math.max(...nodes.map(of)) - Math.min(...nodes.map(of)) || 2;
  const width = span((node) => node.x);
  const height = span((node) => node.y);
  const scale = Math.min(BOX.width / width, BOX.height / height);
  return {width: width * scale, height: height * scale};
}

class Links extends View {
  static properties = {caseId: {type: Number}, links: {state: true}};

  willUpdate(changed) {
    if (changed.has('caseId')) {
      this.load();
    }
  }

  async load() {
    const id = this.caseId;
    const links = await api.get(`/api/cases/${id}/links`).catch((error) => error);
    if (id === this.caseId) {
      this.links = links;
    }
  }

  others() {
    return this.links.nodes.filter((node) => node.kind === 'account' && !node.in_case);
  }

  async updated(changed) {
    if (changed.has('links') && this.querySelector('.chart')) {
      this.stop?.();
      this.stop = await draw(this.querySelector('.chart'), (c) => this.option(c), ({data}) => data.case_id && app.go(`/case/${data.case_id}`));
    }
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.stop?.();
  }

  option(c) {
    const colour = (node) => (node.frauds > 0 ? c.bad : node.in_case && node.kind === 'account' ? c.accent : node.genuine > 0 ? c.good : c.faint);
    const nodes = placed(this.links);
    return {
      tooltip: tooltip(c, ({data, dataType}) => (dataType === 'edge' ? `${t('links.payments')}: ${data.value}` : `${t('entity.' + data.kind)} ${data.name}\n${t('links.payments')}: ${data.payments}, ${t('links.alerts')}: ${data.alerts}\n${t('links.verdicts')}: ${data.frauds} / ${data.genuine}`)),
      series: [{
        type: 'graph', layout: 'none', roam: true, left: 'center', top: 'center', ...size(nodes), labelLayout: {hideOverlap: true},
        label: {show: true, position: 'bottom', color: c.muted, fontSize: 10, formatter: ({data}) => (data.name.length > LABEL_MOST ? data.name.slice(0, LABEL_MOST) + '…' : data.name)},
        lineStyle: {color: c.line, width: 1.2},
        data: nodes.map((node) => ({...node, name: node.label, id: node.id, symbol: SYMBOLS[node.kind], symbolSize: node.kind === 'account' ? 16 : 13, itemStyle: {color: colour(node), borderColor: c.surface, borderWidth: 1}})),
        links: this.links.edges.map((edge) => ({source: edge.from, target: edge.to, value: edge.payments})),
      }],
    };
  }

  render() {
    const links = this.links;
    if (!links?.nodes) {
      return html`<section class="card"><h2>${t('links.title')}</h2>${waiting(links, () => this.load())}</section>`;
    }
    const others = this.others();
    const degree = new Map();
    links.edges.forEach((edge) => degree.set(edge.to, (degree.get(edge.to) ?? 0) + 1));
    const rows = links.nodes.filter((node) => node.kind !== 'account');
    return html`
      <section class="card"><h2>${t('links.title')}</h2>
        ${others.length === 0 && links.nodes.filter((node) => node.in_case && node.kind === 'account').length < 2 ? html`<p class="muted">${t('links.none')}</p>` : html`
          <p class="muted">${others.length === 0 ? t('links.own') : t('links.text', {n: others.length})}${links.more ? html`. ${t('links.more')}` : nothing}</p>
          <div class="chart graph" role="img" aria-label=${t('links.chart')}></div>`}
        <details><summary>${t('timeline.table')}</summary>
          <div class="scroll" tabindex="0" role="region" aria-label=${t('links.title')}><table>
            <thead><tr><th>${t('links.kind')}</th><th>${t('links.name')}</th><th class="num">${t('links.payments')}</th><th class="num">${t('links.accounts')}</th></tr></thead>
            <tbody>${rows.map((node) => html`<tr><td>${t('entity.' + node.kind)}</td><td><bdi>${node.label}</bdi></td><td class="num">${number(node.payments)}</td><td class="num">${number(degree.get(node.id) ?? 0)}</td></tr>`)}</tbody>
          </table><table>
            <thead><tr><th>${t('entity.account')}</th><th class="num">${t('links.payments')}</th><th class="num">${t('links.alerts')}</th><th class="num">${t('links.verdicts')}</th><th>${t('links.case')}</th></tr></thead>
            <tbody>${links.nodes.filter((node) => node.kind === 'account').map((node) => html`<tr><td><bdi>${node.label}</bdi>${node.in_case ? html` <small>${t('links.incase')}</small>` : nothing}</td><td class="num">${number(node.payments)}</td><td class="num">${number(node.alerts)}</td><td class="num">${number(node.frauds)} / ${number(node.genuine)}</td><td>${node.case_id ? link(`/case/${node.case_id}`, caseName(node.case_id)) : '–'}</td></tr>`)}</tbody>
          </table></div>
        </details>
      </section>`;
  }
}

customElements.define('vigil-links', Links);
