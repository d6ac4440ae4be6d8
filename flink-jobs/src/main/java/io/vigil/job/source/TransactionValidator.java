package io.vigil.job.source;

import io.vigil.job.record.Rejection;
import io.vigil.model.event.Entity;
import io.vigil.model.feature.History;
import io.vigil.schema.Deployment;
import io.vigil.schema.Event;
import io.vigil.schema.FactValue;
import io.vigil.schema.Label;
import io.vigil.schema.Profile;
import io.vigil.schema.Stage;
import io.vigil.schema.Transaction;
import java.util.Currency;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificRecordBase;
import org.jspecify.annotations.Nullable;

/** What a decoded record must satisfy before it may touch state. Stateless; thread-safe. */
public final class TransactionValidator {
  private static final int MAX_ID_CHARS = 128;
  private static final int MAX_ATTRIBUTES = 64;
  private static final int MAX_ATTRIBUTE_KEY_CHARS = 64;
  private static final int MAX_ATTRIBUTE_VALUE_CHARS = 1024;
  private static final int MAX_FACTS = 64;
  private static final double MAX_FACT = 1e12;
  private static final int TOKEN_CHARS = 64;
  private static final int MAX_SEALED_BYTES = 65_536;
  private static final long MAX_AMOUNT_MINOR = 1_000_000_000_000L;
  private static final int MAX_MCC = 9999;
  private static final Set<String> CURRENCIES = currencies();

  /** Null when the transaction is valid. */
  public @Nullable Rejection check(Transaction t) {
    Rejection r = id("transaction_id", t.getTransactionId());
    if (r == null) {
      r = id("account", t.getAccount());
    }
    if (r == null) {
      r = token("card", t.getCard());
    }
    if (r == null) {
      r = token("ip", t.getIp());
    }
    if (r == null) {
      r = optionalId("card_reference", t.getCardReference());
    }
    if (r == null) {
      r = optionalId("merchant", t.getMerchant());
    }
    if (r == null) {
      r = optionalId("terminal", t.getTerminal());
    }
    if (r == null) {
      r = optionalId("device", t.getDevice());
    }
    if (r == null) {
      r = optionalId("counterparty", t.getCounterparty());
    }
    if (r == null) {
      r = optionalId("customer", t.getCustomer());
    }
    if (r == null) {
      r = amount("amount_minor", t.getAmountMinor());
    }
    if (r == null) {
      r = amount("billing_amount_minor", t.getBillingAmountMinor());
    }
    if (r == null) {
      r = currency("currency", t.getCurrency());
    }
    if (r == null) {
      r = currency("billing_currency", t.getBillingCurrency());
    }
    if (r == null && t.getMcc() != null && (t.getMcc() < 0 || t.getMcc() > MAX_MCC)) {
      r = invalid("mcc_out_of_range", "mcc: expected 0 to 9999, got " + t.getMcc());
    }
    if (r == null && t.getCountry() != null && t.getCountry().length() != 2) {
      r =
          invalid(
              "country_invalid",
              "country: expected two letters, got " + t.getCountry().length() + " characters");
    }
    if (r == null) {
      r = coordinate("latitude", t.getLatitude(), 90);
    }
    if (r == null) {
      r = coordinate("longitude", t.getLongitude(), 180);
    }
    if (r == null && t.getSealed() != null && t.getSealed().remaining() > MAX_SEALED_BYTES) {
      r =
          invalid(
              "too_long", "sealed: expected at most 65536 bytes, got " + t.getSealed().remaining());
    }
    if (r == null) {
      r = nextTokens(t.getNextTokens(), t);
    }
    return r == null ? attributes(t.getAttributes()) : r;
  }

  /** Null when the label is valid. */
  @Nullable Rejection check(Label label) {
    Rejection r = id("label_id", label.getLabelId());
    if (r == null) {
      r = id("transaction_id", label.getTransactionId());
    }
    if (r == null) {
      r = id("account", label.getAccount());
    }
    return r == null ? nextTokens(label.getNextTokens(), label) : r;
  }

  /** Null when the event is valid. */
  public @Nullable Rejection check(Event event) {
    Rejection r = id("event_id", event.getEventId());
    if (r == null) {
      r = id("account", event.getAccount());
    }
    if (r == null) {
      r = name("kind", event.getKind());
    }
    if (r == null) {
      r = token("card", event.getCard());
    }
    if (r == null) {
      r = token("ip", event.getIp());
    }
    if (r == null) {
      r = optionalId("merchant", event.getMerchant());
    }
    if (r == null) {
      r = optionalId("terminal", event.getTerminal());
    }
    if (r == null) {
      r = optionalId("device", event.getDevice());
    }
    if (r == null) {
      r = optionalId("counterparty", event.getCounterparty());
    }
    if (r == null) {
      r = optionalId("customer", event.getCustomer());
    }
    if (r == null) {
      r = nextTokens(event.getNextTokens(), event);
    }
    return r == null ? attributes(event.getAttributes()) : r;
  }

  /** Null when the profile is valid. */
  public @Nullable Rejection check(Profile profile) {
    Rejection r = id("profile_id", profile.getProfileId());
    if (r == null && Entity.byId(profile.getEntity()) == null) {
      r =
          invalid(
              "unknown_entity",
              "entity: expected an entity of transactions such as account or merchant, got "
                  + shown(profile.getEntity()));
    }
    if (r == null) {
      r =
          profile.getEntity().equals("card") || profile.getEntity().equals("ip")
              ? token("entity_id", profile.getEntityId())
              : id("entity_id", profile.getEntityId());
    }
    if (r == null && profile.getFacts().size() > MAX_FACTS) {
      r = invalid("too_many_facts", "facts: expected at most 64, got " + profile.getFacts().size());
    }
    for (Map.Entry<String, FactValue> fact : profile.getFacts().entrySet()) {
      r = r == null ? fact(fact.getKey(), fact.getValue()) : r;
    }
    Map<String, String> next = profile.getNextTokens();
    return r == null && next != null
        ? nextTokens(next, entity -> entity.field().id().equals(profile.getEntity()))
        : r;
  }

  private static @Nullable Rejection fact(String name, FactValue value) {
    Rejection r = name("facts", name);
    Double number = value.getNumber();
    String text = value.getText();
    if (r == null && number != null && !(Math.abs(number) <= MAX_FACT)) {
      r = invalid("fact_out_of_range", "facts: expected numbers within +-10^12, got one beyond");
    }
    if (r == null && text != null && text.length() > MAX_ATTRIBUTE_VALUE_CHARS) {
      r = invalid("too_long", "facts: expected texts to 1024 characters, got " + text.length());
    }
    return r == null && text != null && CardNumbers.in(text) ? cardNumber("facts") : r;
  }

  private static @Nullable Rejection name(String field, String value) {
    if (!History.KIND.matcher(value).matches()) {
      return invalid(
          "not_a_name",
          field
              + ": expected a name in snake_case, at most 64 characters, such as payee_changed, got "
              + shown(value));
    }
    return CardNumbers.in(value) ? cardNumber(field) : null;
  }

  /** Whatever stands where a name should must not travel in a message. */
  private static String shown(String value) {
    return value.isEmpty() ? "none" : value.length() + " characters that are none";
  }

  /** Null when the deployment is valid. */
  @Nullable Rejection check(Deployment deployment) {
    return id("deployment_id", deployment.getDeploymentId());
  }

  private static @Nullable Rejection id(String field, String value) {
    if (value.isEmpty()) {
      return invalid("missing_" + field, field + ": expected 1 to 128 characters, got none");
    }
    return optionalId(field, value);
  }

  private static @Nullable Rejection optionalId(String field, @Nullable String value) {
    if (value == null) {
      return null;
    }
    if (value.length() > MAX_ID_CHARS) {
      return invalid(
          "too_long", field + ": expected at most 128 characters, got " + value.length());
    }
    return CardNumbers.in(value) ? cardNumber(field) : null;
  }

  private static @Nullable Rejection token(String field, @Nullable String value) {
    if (value == null) {
      return null;
    }
    if (value.length() == TOKEN_CHARS) {
      boolean hex = true;
      for (int i = 0; i < TOKEN_CHARS && hex; i++) {
        hex = Character.digit(value.charAt(i), 16) >= 0;
      }
      if (hex) {
        return null;
      }
    }
    return invalid(
        "not_a_token",
        field
            + ": expected a keyed hash of 64 hex digits, got "
            + value.length()
            + " characters that are none");
  }

  /** Under the next key are only entities that the record has. */
  private static @Nullable Rejection nextTokens(
      @Nullable Map<String, String> tokens, SpecificRecordBase record) {
    return tokens == null
        ? null
        : nextTokens(
            tokens,
            entity -> {
              Schema.Field field = record.getSchema().getField(entity.field().id());
              return field != null && record.get(field.pos()) != null;
            });
  }

  private static @Nullable Rejection nextTokens(Map<String, String> tokens, Predicate<Entity> has) {
    for (Map.Entry<String, String> token : tokens.entrySet()) {
      Entity entity = Entity.byId(token.getKey());
      if (entity == null || !has.test(entity) || token.getValue().isEmpty()) {
        return invalid(
            "next_token_of_nothing",
            "next_tokens: expected tokens of entities that the record has, got one of "
                + (entity == null ? shown(token.getKey()) : token.getKey()));
      }
      String field = "next_tokens." + token.getKey();
      Rejection r =
          entity == Entity.CARD || entity == Entity.IP
              ? token(field, token.getValue())
              : optionalId(field, token.getValue());
      if (r != null) {
        return r;
      }
    }
    return null;
  }

  private static @Nullable Rejection amount(String field, long value) {
    return value < 0 || value > MAX_AMOUNT_MINOR
        // What is far too large may be a card number in the wrong column.
        ? invalid(
            "amount_out_of_range",
            field
                + ": expected 0 to 10^12, got "
                + (Math.abs(value) <= MAX_AMOUNT_MINOR ? value : "one far beyond"))
        : null;
  }

  private static @Nullable Rejection currency(String field, String value) {
    return CURRENCIES.contains(value)
        ? null
        : invalid(
            "unknown_currency",
            field
                + ": expected an ISO 4217 code, got "
                + (value.length() <= 3 ? value : value.length() + " characters"));
  }

  private static @Nullable Rejection coordinate(
      String field, @Nullable Double value, double limit) {
    return value == null || (value >= -limit && value <= limit)
        ? null
        : invalid(
            "coordinate_out_of_range",
            field
                + ": expected -"
                + limit
                + " to "
                + limit
                + ", got "
                + (Math.abs(value) <= 1_000 ? value : "one far beyond"));
  }

  private static @Nullable Rejection attributes(Map<String, String> attributes) {
    if (attributes.size() > MAX_ATTRIBUTES) {
      return invalid(
          "too_many_attributes", "attributes: expected at most 64, got " + attributes.size());
    }
    for (Map.Entry<String, String> attribute : attributes.entrySet()) {
      if (attribute.getKey().length() > MAX_ATTRIBUTE_KEY_CHARS
          || attribute.getValue().length() > MAX_ATTRIBUTE_VALUE_CHARS) {
        return invalid(
            "too_long",
            "attributes: expected keys to 64 and values to 1024 characters, got "
                + attribute.getKey().length()
                + " and "
                + attribute.getValue().length());
      }
      if (CardNumbers.in(attribute.getKey()) || CardNumbers.in(attribute.getValue())) {
        return cardNumber("attributes");
      }
    }
    return null;
  }

  private static Rejection cardNumber(String field) {
    return invalid(
        "card_number_in_clear",
        field + ": expected no card number, got digits that pass the Luhn check");
  }

  private static Rejection invalid(String reason, String message) {
    return new Rejection(Stage.VALIDATE, reason, message);
  }

  private static Set<String> currencies() {
    Set<String> codes = new HashSet<>();
    for (Currency currency : Currency.getAvailableCurrencies()) {
      codes.add(currency.getCurrencyCode());
    }
    return Set.copyOf(codes);
  }
}
