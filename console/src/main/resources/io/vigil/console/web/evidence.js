// Reasons as evidence, and the rows behind them.
import {html, nothing} from './view.js';
import {t} from './texts.js';
import {amount, code, isolate, number, score, shortTime, time} from './format.js';

/** What was paid, by whom, to whom. */
export function facts(alert) {
  const fact = (name, value, extra = nothing) => (value === null || value === undefined ? nothing : html`<div><dt>${t('facts.' + name)}</dt><dd><bdi>${value}</bdi>${extra}</dd></div>`);
  const foreign = alert.currency !== alert.billing_currency ? html` <small>${amount(alert.billing_amount_minor, alert.billing_currency)}</small>` : nothing;
  return html`
    <dl class="facts">
      ${fact('time', time(alert.event_time), alert.late ? html` <span class="chip">${t('alerts.late')}</span>` : nothing)}
      ${fact('amount', amount(alert.amount_minor, alert.currency), foreign)}
      ${fact('account', alert.account)}${fact('customer', alert.customer)}${fact('card', alert.card_reference)}${fact('merchant', alert.merchant)}${fact('terminal', alert.terminal)}
      ${fact('payee', alert.counterparty)}${fact('device', alert.device)}${fact('mcc', alert.mcc)}${alert.entry_mode === 'UNKNOWN' ? nothing : fact('entry', alert.entry_mode.toLowerCase().replace('_', ' '))}${fact('country', alert.country)}
      ${fact('transaction', alert.transaction_id)}
    </dl>`;
}

/** The alert's reasons, those of rules first, and last the one that speaks against it. */
export function evidence(alert, rows, toggle) {
  if (alert.reasons.length === 0) {
    return html`<p class="muted">${t('evidence.none', {cause: code(alert.fallback_cause ?? 'none')})}</p>`;
  }
  return html`
    <ol class="evidence">
      ${alert.reasons.map((reason) => {
        const against = reason.contribution !== null && reason.contribution < 0;
        const open = rows[reason.code];
        return html`
          <li class=${against ? 'against' : ''}>
            <div class="line">
              <span class="chip ${reason.contribution === null ? 'rule' : ''}">${code(reason.code)}</span>
              <p><bdi>${reason.text}</bdi>${against ? html`<small>${t('evidence.against')}</small>` : reason.contribution === null ? html`<small>${t('evidence.rule')}</small>` : nothing}</p>
              <button class="quiet" aria-expanded=${String(Boolean(open))} @click=${() => toggle(reason.code)}>${t(open ? 'evidence.hide' : 'evidence.rows')}</button>
            </div>
            ${open ? html`<p class="muted">${t('evidence.of', {entity: t('entity.' + open.entity), value: isolate(open.value)})}</p>${table(open.rows, alert.transaction_id)}${open.more ? html`<p class="muted">${t('evidence.more', {n: number(open.rows.length)})}</p>` : nothing}` : nothing}
          </li>`;
      })}
    </ol>
    ${alert.fallback_cause ? html`<p class="muted">${t('alerts.fallback', {cause: code(alert.fallback_cause)})}</p>` : nothing}`;
}

/** Payments as a table. */
export function table(rows, current) {
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label=${t('timeline.table')}>
      <table>
        <thead><tr><th>${t('col.time')}</th><th class="num">${t('col.amount')}</th><th>${t('col.where')}</th><th>${t('col.account')}</th><th>${t('col.channel')}</th><th class="num">${t('col.score')}</th><th>${t('col.what')}</th></tr></thead>
        <tbody>${rows.map((row) => html`
          <tr class="${row.transaction_id === current ? 'current' : ''} ${row.in_case ? 'incase' : ''}">
            <td>${shortTime(row.event_time)}</td><td class="num">${amount(row.amount_minor, row.currency)}</td>
            <td><bdi>${row.merchant ?? row.counterparty ?? '–'}</bdi>${row.country ? html` <small>${row.country}</small>` : nothing}</td>
            <td><bdi>${row.account}</bdi></td><td>${row.channel.toLowerCase()}</td><td class="num">${score(row.score)}</td>
            <td>${t('outcome.' + row.outcome)}${row.in_case ? html` <span class="chip">${t('timeline.incase')}</span>` : row.alert_id ? html` <span class="chip">${t('timeline.alert')}</span>` : nothing}${row.label ? html` <span class="chip ${row.label.value.toLowerCase()}">${t('verdict.' + row.label.value.toLowerCase())}</span>` : nothing}</td>
          </tr>`)}</tbody>
      </table>
    </div>`;
}

