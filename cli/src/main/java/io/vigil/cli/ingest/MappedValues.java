package io.vigil.cli.ingest;

import io.vigil.schema.Event;
import io.vigil.schema.Profile;
import io.vigil.schema.Transaction;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a record became, by the names that mappings use, as messages show values. */
final class MappedValues {
  private MappedValues() {}

  static Map<String, String> of(Transaction t) {
    Map<String, @Nullable Object> all = new LinkedHashMap<>();
    all.put(Target.TRANSACTION_ID.id(), t.getTransactionId());
    all.put(Target.EVENT_TIME.id(), Instant.ofEpochMilli(t.getEventTime()));
    all.put(Target.ACCOUNT.id(), t.getAccount());
    all.put(Target.CARD.id(), t.getCard());
    all.put(Target.CARD_REFERENCE.id(), t.getCardReference());
    all.put(Target.MERCHANT.id(), t.getMerchant());
    all.put(Target.TERMINAL.id(), t.getTerminal());
    all.put(Target.DEVICE.id(), t.getDevice());
    all.put(Target.IP.id(), t.getIp());
    all.put(Target.COUNTERPARTY.id(), t.getCounterparty());
    all.put(Target.CUSTOMER.id(), t.getCustomer());
    all.put(Target.AMOUNT.id(), t.getAmountMinor() + " minor units");
    all.put(Target.CURRENCY.id(), t.getCurrency());
    all.put(Target.BILLING_AMOUNT.id(), t.getBillingAmountMinor() + " minor units");
    all.put(Target.BILLING_CURRENCY.id(), t.getBillingCurrency());
    all.put(Target.MCC.id(), t.getMcc());
    all.put(Target.CHANNEL.id(), t.getChannel());
    all.put(Target.ENTRY_MODE.id(), t.getEntryMode());
    all.put(Target.COUNTRY.id(), t.getCountry());
    all.put(Target.LATITUDE.id(), t.getLatitude());
    all.put(Target.LONGITUDE.id(), t.getLongitude());
    t.getAttributes().forEach((key, value) -> all.put("attributes." + key, value));
    putNext(all, t.getNextTokens());
    return texts(all);
  }

  static Map<String, String> of(Event e) {
    Map<String, @Nullable Object> all = new LinkedHashMap<>();
    all.put("event_id", e.getEventId());
    all.put("event_time", Instant.ofEpochMilli(e.getEventTime()));
    all.put("account", e.getAccount());
    all.put("kind", e.getKind());
    all.put("card", e.getCard());
    all.put("merchant", e.getMerchant());
    all.put("terminal", e.getTerminal());
    all.put("device", e.getDevice());
    all.put("ip", e.getIp());
    all.put("counterparty", e.getCounterparty());
    all.put("customer", e.getCustomer());
    e.getAttributes().forEach((key, value) -> all.put("attributes." + key, value));
    putNext(all, e.getNextTokens());
    return texts(all);
  }

  static Map<String, String> of(Profile p) {
    Map<String, @Nullable Object> all = new LinkedHashMap<>();
    all.put("profile_id", p.getProfileId());
    all.put("event_time", Instant.ofEpochMilli(p.getEventTime()));
    all.put("entity", p.getEntity());
    all.put("entity_id", p.getEntityId());
    p.getFacts().forEach((key, value) -> all.put("facts." + key, value.getText()));
    putNext(all, p.getNextTokens());
    return texts(all);
  }

  private static void putNext(
      Map<String, @Nullable Object> all, @Nullable Map<String, String> tokens) {
    if (tokens != null) {
      tokens.forEach((name, token) -> all.put("next_tokens." + name, token));
    }
  }

  private static Map<String, String> texts(Map<String, @Nullable Object> all) {
    Map<String, String> texts = new LinkedHashMap<>();
    all.forEach(
        (key, value) -> {
          if (value != null) {
            texts.put(key, RowMapper.shown(value.toString()));
          }
        });
    return texts;
  }
}
