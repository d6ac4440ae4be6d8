// Who did what, when.
import {html, link, nothing} from './view.js';
import {t} from './texts.js';
import {amount, caseName, code, shortTime, time} from './format.js';

const SHOWN = 12;

export function history(c, all, showAll) {
  const events = joined(c.history);
  const shown = all ? events : events.slice(-SHOWN);
  return html`
    <section class="card"><h2>${t('history.title')}</h2>
      ${events.length > shown.length ? html`<button class="quiet" @click=${showAll}>${t('history.older', {n: events.length})}</button>` : nothing}
      <ol class="history">
        ${shown.map((each) => html`<li><time datetime=${each.at} title=${time(each.at)}>${shortTime(each.at)}</time>
          <div><b>${each.actor === 'stream' ? t('history.stream') : each.actor}</b> ${what(each, c)}
          ${each.detail.text || each.detail.note ? html`<p class="note" dir="auto">${each.detail.text ?? each.detail.note}</p>`
            : each.detail.missing ? html`<p class="note muted">${t('history.' + each.detail.missing)}</p>` : nothing}</div></li>`)}
      </ol>
    </section>`;
}

/** Alerts that joined one after the other are one line. */
function joined(events) {
  const lines = [];
  for (const each of events) {
    const last = lines.at(-1);
    if (each.kind === 'alert_added' && last?.kind === 'alert_added' && each.detail.from === last.detail.from && each.detail.trusted === last.detail.trusted) {
      last.count += 1;
      last.at = each.at;
    } else {
      lines.push({...each, count: 1});
    }
  }
  return lines;
}

function what(each, c) {
  const {kind, detail} = each;
  switch (kind) {
    case 'alert_added':
      return detail.from ? html`${t('event.alerts.moved', {n: each.count})} ${link(`/case/${detail.from}`, caseName(detail.from))}`
        : detail.trusted ? t('event.alert_added.trusted') : t('event.alerts', {n: each.count});
    case 'merged_into':
      return html`${t('event.merged_into', {case: ''})}${link(`/case/${detail.into}`, caseName(detail.into))}`;
    case 'decided': case 'proposed':
      return t('event.' + kind, {verdict: t('verdict.' + detail.verdict), scheme: detail.scheme ? `(${code(detail.scheme)})` : ''});
    case 'waiting': case 'snoozed':
      return t('event.' + kind, {time: shortTime(detail.until)});
    case 'trusted':
      return t('event.trusted', {reason: code(detail.reason), amount: amount(detail.amount_minor, c.base_currency), time: shortTime(detail.until)});
    case 'action_requested':
      return t('event.action_requested', {action: t('action.' + detail.action)});
    case 'what_if':
      return t('event.what_if', {fields: [...detail.fields, detail.model].filter(Boolean).join(', ')});
    default:
      return t('event.' + kind);
  }
}
