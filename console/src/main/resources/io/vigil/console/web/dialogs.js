// Questions that a decision asks. Each answers null when it was cancelled.
import {render} from '/lib/lit/index.js';
import {html, key, nothing} from './view.js';
import {t} from './texts.js';
import {amount, caseName, code, isolate, minorOf} from './format.js';

const SCHEMES = ['card_testing', 'stolen_card', 'account_takeover', 'mule', 'merchant_compromise', 'first_party', 'other'];
const ACTIONS = {b: 'BLOCK', r: 'RELEASE', s: 'STEP_UP', c: 'CONTACT'};
const NOTE_MOST = 10000;

/** Which kind of fraud a reason speaks of. */
const SUGGESTED = {
  CARD_TESTING: 'card_testing', VELOCITY: 'stolen_card', ACCOUNT_TAKEOVER: 'account_takeover', NEW_DEVICE: 'account_takeover', NEW_PAYEE: 'account_takeover',
  DEVICE_SHARED: 'mule', SHARED_DEVICE: 'mule', MULE_ACCOUNT: 'mule', SHARED_PAYEE: 'mule', PAYEE_RISK: 'mule', DEVICE_RISK: 'mule',
  TERMINAL_COMPROMISED: 'merchant_compromise', TERMINAL_RISK: 'merchant_compromise', MERCHANT_RISK: 'merchant_compromise', MERCHANT_ACTIVITY: 'card_testing',
};

/** Shows a form in a dialog; `read` makes the answer of its data. */
export function ask({name, title, body, submit, read, keys = {}, danger = false, wide = false}) {
  return new Promise((resolve) => {
    const dialog = document.createElement('dialog');
    dialog.dataset.testid = `dialog-${name}`;
    dialog.setAttribute('aria-labelledby', 'dialog-title');
    dialog.classList.toggle('wide', wide);
    const before = document.activeElement;
    let answer = null;
    const done = (event) => {
      event.preventDefault();
      answer = read(new FormData(event.target));
      dialog.close();
    };
    const cancel = () => dialog.close();
    render(html`
      <form @submit=${done}>
        <h2 id="dialog-title" tabindex="-1">${title}</h2>
        ${body}
        <div class="buttons">
          <button type="button" @click=${cancel}>${t(submit ? 'dialog.cancel' : 'help.close')} <kbd>Esc</kbd></button>
          ${submit ? html`<button class=${danger ? 'danger' : 'primary'} data-testid="confirm">${submit} <kbd>Enter</kbd></button>` : nothing}
        </div>
      </form>`, dialog);
    dialog.addEventListener('keydown', (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) {
        if (event.key === 'Enter' && event.target.tagName === 'TEXTAREA') {
          event.preventDefault();
          dialog.querySelector('form').requestSubmit();
        }
        return;
      }
      if (event.target.closest('textarea, select, input:not([type=radio]):not([type=checkbox])')) {
        return;
      }
      if (event.key === 'Enter' && event.target.tagName !== 'BUTTON') {
        event.preventDefault();
        dialog.querySelector('form').requestSubmit();
      } else if (keys[event.key]) {
        event.preventDefault();
        keys[event.key](dialog);
      }
    });
    dialog.addEventListener('close', () => {
      dialog.remove();
      before?.focus?.({preventScroll: true});
      resolve(answer);
    });
    document.body.append(dialog);
    dialog.showModal();
    (dialog.querySelector('[data-first]') ?? dialog.querySelector('[data-testid=confirm]') ?? dialog.querySelector('h2')).focus();
  });
}

function noteField(required = false) {
  return html`<label>${t('dialog.note')}${required ? '' : html` <span class="muted">${t('dialog.optional')}</span>`}
    <textarea name="note" rows="3" maxlength=${NOTE_MOST} ?required=${required} dir="auto" ?data-first=${required}></textarea></label>`;
}

function text(form, name) {
  const value = (form.get(name) ?? '').trim();
  return value === '' ? undefined : value;
}

function check(selector) {
  return (dialog) => {
    const input = dialog.querySelector(selector);
    input.checked = input.type === 'radio' || !input.checked;
    input.focus();
  };
}

/** The kind of fraud that most of the alerts' reasons and rules speak of. */
function suggest(c) {
  const votes = {};
  const codes = [c.kind, ...(c.list ?? []).flatMap((alert) => [...alert.rules.map((rule) => rule.reason_code), ...alert.reasons.filter((reason) => (reason.contribution ?? 0) >= 0).map((reason) => reason.code)])];
  for (const each of codes) {
    const scheme = SUGGESTED[each];
    if (scheme) {
      votes[scheme] = (votes[scheme] ?? 0) + 1;
    }
  }
  return Object.entries(votes).sort((a, b) => b[1] - a[1])[0]?.[0] ?? 'other';
}

/** Kind of fraud, actions and a note. */
export function askFraud(cases) {
  const suggested = suggest(cases[0]);
  const keys = {};
  SCHEMES.forEach((scheme, i) => (keys[i + 1] = check(`[value=${scheme}]`)));
  Object.entries(ACTIONS).forEach(([letter, action]) => (keys[letter] = check(`[value=${action}]`)));
  return ask({
    name: 'fraud', danger: true, keys,
    title: t('fraud.title', {n: cases.length, case: caseName(cases[0].case_id)}),
    submit: t('fraud.submit'),
    body: html`
      <fieldset class="choices"><legend>${t('fraud.scheme')}</legend>
        ${SCHEMES.map((scheme, i) => html`<label><input type="radio" name="scheme" value=${scheme} ?checked=${scheme === suggested} ?data-first=${scheme === suggested}>${t('scheme.' + scheme)}${key(String(i + 1))}</label>`)}
      </fieldset>
      <fieldset class="choices"><legend>${t('fraud.actions')}</legend>
        ${Object.entries(ACTIONS).map(([letter, action]) => html`<label><input type="checkbox" name="action" value=${action}>${t('action.' + action)}${key(letter)}</label>`)}
      </fieldset>
      ${noteField()}`,
    read: (form) => ({scheme: form.get('scheme'), actions: form.getAll('action'), note: text(form, 'note')}),
  });
}

/** Whether to decide several cases at once. */
export function askGroup(verdict, cases, preview) {
  const failed = preview instanceof Error;
  const refused = failed ? [] : preview.refused;
  return ask({
    name: 'group', danger: verdict === 'fraud',
    title: t('group.title', {n: cases.length, verdict: t('verdict.' + verdict), case: caseName(cases[0].case_id)}),
    submit: failed || refused.length > 0 ? null : t('group.submit', {n: cases.length}),
    body: failed ? html`<p class="bad">${preview.message}</p>` : html`
      <p>${t('group.preview', {...preview, amount: amount(preview.amount_minor, preview.base_currency)})}</p>
      ${preview.four_eyes.length > 0 ? html`<p>${t('group.foureyes', {n: preview.four_eyes.length})}</p>` : nothing}
      ${refused.length > 0 ? html`<p class="bad">${t('group.refused', {n: refused.length, why: [...new Set(refused.map((each) => `${caseName(each.case_id)} ${code(each.why)}`))].join(', ')})}</p>` : nothing}`,
    read: () => true,
  });
}

/** Until when. */
export function askSnooze(name) {
  const now = new Date();
  const tomorrow = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1, 9);
  const choices = {'1h': new Date(now.getTime() + 3.6e6), '4h': new Date(now.getTime() + 4 * 3.6e6), tomorrow, week: new Date(now.getTime() + 7 * 24 * 3.6e6)};
  const keys = {};
  Object.keys(choices).forEach((choice, i) => (keys[i + 1] = check(`[value="${choice}"]`)));
  return ask({
    name: 'snooze', keys, title: t('snooze.title', {case: name}), submit: t('snooze.submit'),
    body: html`<fieldset class="choices"><legend class="hidden">${t('trust.until')}</legend>
      ${Object.keys(choices).map((choice, i) => html`<label><input type="radio" name="until" value=${choice} ?checked=${i === 0} ?data-first=${i === 0}>${t('snooze.' + choice)}${key(String(i + 1))}</label>`)}
      </fieldset>${noteField()}`,
    read: (form) => ({until: choices[form.get('until')].toISOString(), note: text(form, 'note')}),
  });
}

/** An optional note: to escalate, wait, reopen, refuse. */
export function askNote(what, name) {
  return ask({
    name: what, title: t(what + '.title', {case: name}), submit: t(what + '.submit'),
    body: html`${what === 'wait' || what === 'reopen' ? html`<p class="muted">${t(what + '.text')}</p>` : nothing}${noteField()}`,
    read: (form) => ({note: text(form, 'note')}),
  });
}

/** A note of its own. */
export function askText(name) {
  return ask({
    name: 'note', title: t('note.title', {case: name}), submit: t('note.submit'), body: noteField(true),
    read: (form) => ({text: text(form, 'note')}),
  });
}

export function askTrust(c) {
  const days = [7, 30, 90];
  return ask({
    name: 'trust', title: t('trust.title', {case: caseName(c.case_id)}), submit: t('trust.submit'),
    body: html`
      <p class="muted">${t('trust.text', {reason: code(c.kind), party: c.merchant ? t('trust.party', {party: isolate(c.merchant)}) : ''})}</p>
      <label>${t('trust.until')}<select name="days" data-first>${days.map((n) => html`<option value=${n} ?selected=${n === 30}>${t('days.' + n)}</option>`)}</select></label>
      <label>${t('trust.amount', {currency: c.base_currency})}<input name="amount" inputmode="decimal" required pattern="[0-9]+([.,][0-9]+)?"></label>
      ${noteField()}`,
    read: (form) => ({
      until: new Date(Date.now() + Number(form.get('days')) * 864e5 - 6e4).toISOString(),
      amount_minor: minorOf(form.get('amount'), c.base_currency), note: text(form, 'note'),
    }),
  });
}

export function askAction(name) {
  const keys = {};
  Object.entries(ACTIONS).forEach(([letter, action]) => (keys[letter] = check(`[value=${action}]`)));
  return ask({
    name: 'action', keys, title: t('action.title', {case: name}), submit: t('bar.actions'),
    body: html`<p class="muted">${t('action.text')}</p><fieldset class="choices"><legend class="hidden">${t('actions.title')}</legend>
      ${Object.entries(ACTIONS).map(([letter, action], i) => html`<label><input type="radio" name="kind" value=${action} ?checked=${i === 0} ?data-first=${i === 0}>${t('action.' + action)}${key(letter)}</label>`)}</fieldset>`,
    read: (form) => ({kind: form.get('kind')}),
  });
}

export function askReveal(name) {
  return ask({
    name: 'reveal', title: t('reveal.title', {case: name}), submit: t('reveal.submit'),
    body: html`<p class="muted">${t('reveal.text')}</p><label>${t('reveal.why')}<input name="why" maxlength="500" required data-first></label>`,
    read: (form) => ({why: form.get('why')}),
  });
}

/** Something to read. */
export function show(name, title, body) {
  return ask({name, title, body, wide: true, submit: null, read: () => null});
}

