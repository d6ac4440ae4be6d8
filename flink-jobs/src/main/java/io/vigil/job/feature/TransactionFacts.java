package io.vigil.job.feature;

import io.vigil.model.event.Entity;
import io.vigil.model.event.Facts;
import io.vigil.model.event.Field;
import io.vigil.schema.Channel;
import io.vigil.schema.EntryMode;
import io.vigil.schema.Label;
import io.vigil.schema.Transaction;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A view of a transaction as features and rules read it.
 *
 * @param transaction the record
 * @param amountMinor its billing amount in minor units of the base currency
 * @param minorPerMajor minor units in one unit of the base currency, a power of ten
 */
public record TransactionFacts(Transaction transaction, long amountMinor, double minorPerMajor)
    implements Facts {
  private static final Map<Channel, String> CHANNELS = lowerCase(Channel.class);
  private static final Map<EntryMode, String> ENTRY_MODES = lowerCase(EntryMode.class);

  @Override
  public long eventTimeMs() {
    return transaction.getEventTime();
  }

  @Override
  public @Nullable String text(Field field) {
    return switch (field) {
      case TRANSACTION_ID -> transaction.getTransactionId();
      case ACCOUNT -> transaction.getAccount();
      case CARD -> transaction.getCard();
      case MERCHANT -> transaction.getMerchant();
      case TERMINAL -> transaction.getTerminal();
      case DEVICE -> transaction.getDevice();
      case IP -> transaction.getIp();
      case COUNTERPARTY -> transaction.getCounterparty();
      case CUSTOMER -> transaction.getCustomer();
      case CURRENCY -> transaction.getCurrency();
      case BILLING_CURRENCY -> transaction.getBillingCurrency();
      case CHANNEL -> CHANNELS.get(transaction.getChannel());
      case ENTRY_MODE -> ENTRY_MODES.get(transaction.getEntryMode());
      case COUNTRY -> transaction.getCountry();
      case EVENT_TIME, AMOUNT, MCC, LATITUDE, LONGITUDE ->
          throw new IllegalArgumentException(
              field.id() + ": expected a text field, got a number field");
    };
  }

  @Override
  public double number(Field field) {
    return switch (field) {
      case EVENT_TIME -> transaction.getEventTime();
      case AMOUNT -> amountMinor / minorPerMajor;
      case MCC -> transaction.getMcc() == null ? Double.NaN : transaction.getMcc();
      case LATITUDE -> transaction.getLatitude() == null ? Double.NaN : transaction.getLatitude();
      case LONGITUDE ->
          transaction.getLongitude() == null ? Double.NaN : transaction.getLongitude();
      default ->
          throw new IllegalArgumentException(
              field.id() + ": expected a number field, got a text field");
    };
  }

  @Override
  public @Nullable String attribute(String key) {
    return transaction.getAttributes().get(key);
  }

  /** The key of one of the label's entities, or null when it has none. */
  public static @Nullable String entityOf(Label label, Entity entity) {
    return switch (entity) {
      case ACCOUNT -> label.getAccount();
      case CARD -> label.getCard();
      case MERCHANT -> label.getMerchant();
      case TERMINAL -> label.getTerminal();
      case DEVICE -> label.getDevice();
      case IP -> label.getIp();
      case COUNTERPARTY -> label.getCounterparty();
      case CUSTOMER -> label.getCustomer();
    };
  }

  private static <E extends Enum<E>> Map<E, String> lowerCase(Class<E> type) {
    Map<E, String> names = new EnumMap<>(type);
    for (E symbol : type.getEnumConstants()) {
      names.put(symbol, symbol.name().toLowerCase(Locale.ROOT));
    }
    return names;
  }
}
