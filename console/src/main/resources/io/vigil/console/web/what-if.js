// The full record of a decision, and asking "what if".
import {render} from '/lib/lit/index.js';
import {api} from './api.js';
import {html, nothing, words} from './view.js';
import {t} from './texts.js';
import {code, number, score} from './format.js';
import {show} from './dialogs.js';

/** Every field of the decision. */
export async function showRecord(c, alert) {
  let body;
  try {
    const record = await api.get(`/api/cases/${c.case_id}/records/${encodeURIComponent(alert.transaction_id)}`);
    const {features, feature_names: names, ...rest} = record;
    body = html`
      ${list(rest)}
      <details><summary>${t('record.features')} (${features.length})</summary>
        <dl class="record">${features.map((value, i) => html`<div><dt>${names?.[i] ?? `#${i + 1}`}</dt><dd>${value === null ? '–' : String(value)}</dd></div>`)}</dl></details>
      <details><summary>${t('record.raw')}</summary><pre tabindex="0">${JSON.stringify(record, null, 2)}</pre></details>`;
  } catch (error) {
    body = html`<p class="bad">${words(error)}</p>`;
  }
  await show('record', t('record.title'), body);
}

function list(object) {
  return html`<dl class="record">${Object.entries(object).filter(([, value]) => value !== null && value !== '' && !(Array.isArray(value) && value.length === 0)).map(([name, value]) => html`
    <div><dt>${name}</dt><dd>${typeof value !== 'object' ? html`<bdi>${String(value)}</bdi>` : Array.isArray(value) ? value.map((each) => (typeof each === 'object' ? list(each) : html`<bdi>${String(each)}</bdi> `)) : list(value)}</dd></div>`)}</dl>`;
}

/** A form of the payment's fields; the answer stands below it. */
export async function showWhatIf(c, alert) {
  const offer = await api.get('/api/what-if').catch((error) => error);
  if (offer instanceof Error || !offer.available) {
    await show('what-if', t('whatif.title'), html`<p>${offer instanceof Error ? words(offer) : t('whatif.unavailable')}</p>`);
    return;
  }
  const answer = document.createElement('div');
  const submit = async (event) => {
    event.preventDefault();
    const form = new FormData(event.target.closest('dialog').querySelector('form'));
    const changes = {};
    for (const field of offer.fields) {
      const value = (form.get('field-' + field) ?? '').trim();
      if (value !== '') {
        changes[field] = value;
      }
    }
    try {
      const result = await api.post(`/api/cases/${c.case_id}/what-if`, {transaction_id: alert.transaction_id, changes, model: form.get('model') || undefined});
      render(outcome(result), answer);
    } catch (error) {
      render(html`<p class="bad" role="alert">${words(error)}</p>`, answer);
    }
  };
  await show('what-if', t('whatif.title'), html`
    <p class="muted">${t('whatif.lead')}</p>
    <div class="fields">
      ${offer.fields.map((field) => html`<label>${field.replaceAll('_', ' ')}<input name="field-${field}" maxlength="200" placeholder=${t('whatif.keep')} ?data-first=${field === 'amount'} @keydown=${(event) => event.key === 'Enter' && submit(event)}></label>`)}
      <label>${t('whatif.model')}<select name="model"><option value="">${t('whatif.same')}</option>${offer.models.map((model) => html`<option>${model}</option>`)}</select></label>
    </div>
    <button type="button" class="primary" data-testid="score-anew" @click=${submit}>${t('whatif.submit')}</button>
    <div aria-live="polite" data-testid="what-if-answer">${answer}</div>`);
}

function outcome(result) {
  const side = (name, each) => html`
    <div class="side"><h3>${t(name)}</h3><p class="big">${score(each.score)} <small>${t('outcome.' + each.outcome)}</small></p>
      <small>${each.model ?? ''}</small>
      <ul class="plain">${each.reasons.map((reason) => html`<li><span class="chip">${code(reason.code)}</span> <bdi>${reason.text}</bdi></li>`)}</ul></div>`;
  return html`
    <div class="compare">${side('whatif.before', result.before)}${side('whatif.after', result.after)}</div>
    ${result.changed.length > 0 ? html`<h3>${t('whatif.changed')}</h3><dl class="record">${result.changed.map((each) => html`<div><dt>${each.feature}</dt><dd>${number(each.before, 3)} → ${number(each.after, 3)}</dd></div>`)}</dl>` : nothing}
    ${result.held.length > 0 ? html`<h3>${t('whatif.held')}</h3><p class="muted">${result.held.join(', ')}</p>` : nothing}`;
}
