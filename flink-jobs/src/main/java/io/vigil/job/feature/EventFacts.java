package io.vigil.job.feature;

import io.vigil.model.event.Facts;
import io.vigil.model.event.Field;
import io.vigil.schema.Event;
import org.jspecify.annotations.Nullable;

/** A view of an event as features read it. What only a payment has is missing. */
public record EventFacts(Event event) implements Facts {
  @Override
  public long eventTimeMs() {
    return event.getEventTime();
  }

  @Override
  public long amountMinor() {
    return 0;
  }

  @Override
  public @Nullable String text(Field field) {
    return switch (field) {
      case ACCOUNT -> event.getAccount();
      case CARD -> event.getCard();
      case MERCHANT -> event.getMerchant();
      case TERMINAL -> event.getTerminal();
      case DEVICE -> event.getDevice();
      case IP -> event.getIp();
      case COUNTERPARTY -> event.getCounterparty();
      case CUSTOMER -> event.getCustomer();
      case TRANSACTION_ID, CURRENCY, BILLING_CURRENCY, CHANNEL, ENTRY_MODE, COUNTRY -> null;
      case EVENT_TIME, AMOUNT, MCC, LATITUDE, LONGITUDE ->
          throw new IllegalArgumentException(
              field.id() + ": expected a text field, got a number field");
    };
  }

  @Override
  public double number(Field field) {
    return switch (field) {
      case EVENT_TIME -> event.getEventTime();
      case AMOUNT, MCC, LATITUDE, LONGITUDE -> Double.NaN;
      default ->
          throw new IllegalArgumentException(
              field.id() + ": expected a number field, got a text field");
    };
  }

  @Override
  public @Nullable String attribute(String key) {
    return event.getAttributes().get(key);
  }
}
