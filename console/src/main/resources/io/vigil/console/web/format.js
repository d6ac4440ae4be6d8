// Numbers, money and times as people read them.
import {locale, t, has} from './texts.js';

const money = new Map();

function moneyFormat(currency, compact) {
  const key = currency + compact;
  if (!money.has(key)) {
    try {
      money.set(key, new Intl.NumberFormat(locale, {
        style: 'currency', currency, currencyDisplay: 'narrowSymbol',
        ...(compact ? {notation: 'compact', maximumFractionDigits: 1} : {}),
      }));
    } catch {
      money.set(key, null);
    }
  }
  return money.get(key);
}

/** Minor units of a currency; a currency that the browser does not know has its code beside it. */
export function amount(minor, currency, compact = false) {
  const format = moneyFormat(currency, compact);
  if (!format) {
    return `${minor} ${isolate(currency)}`;
  }
  const digits = new Intl.NumberFormat('en', {style: 'currency', currency}).resolvedOptions().maximumFractionDigits;
  return format.format(minor / 10 ** digits);
}

/** As a number, for a chart. */
export function major(minor, currency) {
  try {
    return minor / 10 ** new Intl.NumberFormat('en', {style: 'currency', currency}).resolvedOptions().maximumFractionDigits;
  } catch {
    return minor;
  }
}

/** Of a decimal text in major units, or null. */
export function minorOf(text, currency) {
  const value = Number(String(text).replace(',', '.'));
  const digits = new Intl.NumberFormat('en', {style: 'currency', currency}).resolvedOptions().maximumFractionDigits;
  return Number.isFinite(value) && text !== '' ? Math.round(value * 10 ** digits) : null;
}

export function number(value, digits = 0) {
  return new Intl.NumberFormat(locale, {maximumFractionDigits: digits, minimumFractionDigits: digits}).format(value);
}

export function percent(value, digits = 0) {
  return value === null || value === undefined ? '–'
    : new Intl.NumberFormat(locale, {style: 'percent', maximumFractionDigits: digits}).format(value);
}

/** A score is never rounded up to certainty. */
export function score(value) {
  if (value === null || value === undefined) {
    return t('score.none');
  }
  return value >= 0.9995 ? '0.999' : value.toFixed(3);
}

export function time(iso) {
  return new Intl.DateTimeFormat(locale, {year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23'}).format(new Date(iso));
}

export function day(iso) {
  return new Intl.DateTimeFormat(locale, {day: 'numeric', month: 'short'}).format(new Date(iso));
}

export function shortTime(iso) {
  const date = new Date(iso);
  const today = new Date().toDateString() === date.toDateString();
  return new Intl.DateTimeFormat(locale, today
    ? {hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23'}
    : {day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23'}).format(date);
}

/** A length of time in its two greatest units at most: 3 h 20 min. */
export function span(seconds) {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) {
    return t('span.s', {n: s});
  }
  if (s < 3600) {
    return t('span.min', {n: Math.floor(s / 60)});
  }
  if (s < 86400) {
    const min = Math.floor((s % 3600) / 60);
    return t('span.h', {n: Math.floor(s / 3600)}) + (s < 36000 && min ? ' ' + t('span.min', {n: min}) : '');
  }
  return t('span.d', {n: Math.floor(s / 86400)});
}

/** How long ago, or until when. */
export function since(iso) {
  return (Date.now() - new Date(iso).getTime()) / 1000;
}

/** A reason code, or another code, in words. */
export function code(value) {
  return has('code.' + value) ? t('code.' + value) : String(value ?? '').replaceAll('_', ' ').toLowerCase();
}

export function caseName(id) {
  return `C-${id}`;
}

/** What happened, in a sentence. */
export function headline(c) {
  const payments = t('headline.payments', {n: c.alerts});
  const who = c.accounts > 1 ? t('headline.accounts', {n: c.accounts}) : '';
  const how = t('channel.' + c.channel);
  const sum = amount(c.amount_minor, c.base_currency);
  const party = c.merchant ? t(c.channel === 'TRANSFER' ? 'headline.to' : 'headline.at', {party: isolate(c.merchant)}) : '';
  return t('headline', {payments, who, how, sum, party, country: c.country ? ` (${/^[A-Z]{2}$/.test(c.country) ? c.country : isolate(c.country)})` : ''}).replace(/\s+/g, ' ').trim();
}

/** Marks that turn the direction of text; an early pop among them would end an isolate. */
const TURNING = /[\u200E\u200F\u202A-\u202E\u2066-\u2069]/g;

/** Text of strangers does not turn the sentence around it: first strong isolate … pop. */
export function isolate(text) {
  return `\u2068${text.replace(TURNING, '')}\u2069`;
}
