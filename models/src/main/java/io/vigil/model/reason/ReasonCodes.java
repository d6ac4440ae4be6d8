package io.vigil.model.reason;

import io.vigil.model.event.Entity;
import io.vigil.model.event.Field;
import io.vigil.model.feature.Feature;
import io.vigil.model.feature.FeatureSpec;
import io.vigil.model.feature.Grouping;
import io.vigil.model.feature.History;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which code a feature of a spec has, by its definition alone, so that features that say the same
 * thing are one reason. An aggregate goes by what it counts and of whom; any other feature by the
 * first field or feature that it reads, as written. Total: what nothing is known of is {@link
 * ReasonCode#OTHER}.
 */
public final class ReasonCodes {
  /** A text, which names nothing, or a name: of a field, a feature, a function, an attribute. */
  private static final Pattern TEXT_OR_NAME =
      Pattern.compile("\"[^\"]*\"|'[^']*'|([A-Za-z_][A-Za-z0-9_.]*)");

  private final Map<String, ReasonCode> codes = new HashMap<>();

  private ReasonCodes() {}

  /** The code of every feature of the spec, by its name. */
  public static Map<String, ReasonCode> of(FeatureSpec spec) {
    ReasonCodes reader = new ReasonCodes();
    for (Feature feature : spec.features()) {
      reader.codes.put(feature.name(), reader.code(feature));
    }
    return Map.copyOf(reader.codes);
  }

  private ReasonCode code(Feature feature) {
    if (feature instanceof Feature.Aggregated aggregated) {
      return aggregate(aggregated);
    }
    if (feature instanceof Feature.FromProfile) {
      return ReasonCode.PROFILE;
    }
    if (feature instanceof Feature.Ratio ratio) {
      return operand(ratio.dividend());
    }
    if (feature instanceof Feature.Difference difference) {
      return operand(difference.minuend());
    }
    if (feature instanceof Feature.ZScore score) {
      return operand(score.value());
    }
    if (feature instanceof Feature.Log1p log) {
      return operand(log.of());
    }
    if (feature instanceof Feature.Clip clip) {
      return operand(clip.of());
    }
    if (feature instanceof Feature.OneHot hot) {
      return operand(hot.text());
    }
    if (feature instanceof Feature.HashBucket bucket) {
      return operand(bucket.text());
    }
    if (feature instanceof Feature.Cyclic) {
      return ReasonCode.UNUSUAL_TIME;
    }
    return expression(((Feature.Computed) feature).source());
  }

  private ReasonCode aggregate(Feature.Aggregated a) {
    if (!a.grouping().history().equals(History.TRANSACTIONS)) {
      return ReasonCode.ACCOUNT_CHANGE;
    }
    Entity whose = whose(a.grouping());
    if (a.labels() != null) {
      return risk(whose);
    }
    boolean pair = a.grouping().second() != null;
    return switch (a.aggregate()) {
      // How often the two of a pair met tells how well they know each other.
      case COUNT, DECAYED_COUNT, ELAPSED -> pair ? familiarity(whose) : activity(whose);
      case SUM, DECAYED_SUM ->
          pair || isCustomer(whose) ? ReasonCode.AMOUNT_UNUSUAL : activity(whose);
      case MEAN, STD, MIN, MAX, QUANTILE, LAST -> ReasonCode.AMOUNT_UNUSUAL;
      case DISTINCT -> distinct(whose, a.of());
      case SEEN, FREQUENCY -> seen(whose, a.of());
      case RATE -> risk(whose);
      case SHARE, STREAK -> a.where() == null ? ReasonCode.OTHER : expression(a.where());
      case FIRST_SEEN -> familiarity(whose);
      case GEO_DISTANCE, GEO_SPEED -> ReasonCode.UNUSUAL_PLACE;
    };
  }

  /** Of a pair the one that is not the customer, who is part of most pairs. */
  private static Entity whose(Grouping grouping) {
    Entity second = grouping.second();
    return second != null && isCustomer(grouping.first()) ? second : grouping.first();
  }

  private static boolean isCustomer(Entity entity) {
    return entity == Entity.ACCOUNT || entity == Entity.CARD || entity == Entity.CUSTOMER;
  }

  private static ReasonCode activity(Entity entity) {
    return switch (entity) {
      case ACCOUNT, CARD, CUSTOMER -> ReasonCode.VELOCITY;
      case MERCHANT, TERMINAL -> ReasonCode.MERCHANT_ACTIVITY;
      case DEVICE, IP -> ReasonCode.DEVICE_ACTIVITY;
      case COUNTERPARTY -> ReasonCode.PAYEE_ACTIVITY;
    };
  }

  private static ReasonCode familiarity(Entity entity) {
    return switch (entity) {
      case ACCOUNT, CARD, CUSTOMER -> ReasonCode.NEW_CUSTOMER;
      case MERCHANT, TERMINAL -> ReasonCode.NEW_MERCHANT;
      case DEVICE, IP -> ReasonCode.NEW_DEVICE;
      case COUNTERPARTY -> ReasonCode.NEW_PAYEE;
    };
  }

  private static ReasonCode risk(Entity entity) {
    return switch (entity) {
      case ACCOUNT, CARD, CUSTOMER -> ReasonCode.CUSTOMER_RISK;
      case MERCHANT -> ReasonCode.MERCHANT_RISK;
      case TERMINAL -> ReasonCode.TERMINAL_RISK;
      case DEVICE, IP -> ReasonCode.DEVICE_RISK;
      case COUNTERPARTY -> ReasonCode.PAYEE_RISK;
    };
  }

  private static ReasonCode distinct(Entity whose, @Nullable Field of) {
    Entity counted = of == null ? null : Entity.byId(of.id());
    if (counted == null) {
      return field(of);
    }
    return switch (whose) {
      // Several devices of one customer are new ones, several shops are a spree.
      case ACCOUNT, CARD, CUSTOMER ->
          counted == Entity.DEVICE || counted == Entity.IP
              ? ReasonCode.NEW_DEVICE
              : ReasonCode.VELOCITY;
      case DEVICE, IP ->
          isCustomer(counted) ? ReasonCode.SHARED_DEVICE : ReasonCode.DEVICE_ACTIVITY;
      case MERCHANT, TERMINAL -> ReasonCode.MERCHANT_ACTIVITY;
      case COUNTERPARTY -> ReasonCode.SHARED_PAYEE;
    };
  }

  private static ReasonCode seen(Entity whose, @Nullable Field of) {
    Entity met = of == null ? null : Entity.byId(of.id());
    if (met == null) {
      return field(of);
    }
    // Who is new to whom: the one of the two that is not the customer says it.
    return familiarity(isCustomer(whose) ? met : whose);
  }

  private static ReasonCode field(@Nullable Field field) {
    if (field == null) {
      return ReasonCode.OTHER;
    }
    return switch (field) {
      case AMOUNT -> ReasonCode.AMOUNT_UNUSUAL;
      case EVENT_TIME -> ReasonCode.UNUSUAL_TIME;
      case MCC, MERCHANT, TERMINAL -> ReasonCode.MERCHANT_KIND;
      case LATITUDE, LONGITUDE, COUNTRY -> ReasonCode.UNUSUAL_PLACE;
      case CHANNEL -> ReasonCode.CHANNEL;
      case ENTRY_MODE -> ReasonCode.ENTRY_MODE;
      case CURRENCY, BILLING_CURRENCY -> ReasonCode.CURRENCY;
      case TRANSACTION_ID, ACCOUNT, CARD, DEVICE, IP, COUNTERPARTY, CUSTOMER -> ReasonCode.OTHER;
    };
  }

  private ReasonCode operand(String name) {
    ReasonCode code = named(name);
    return code == null ? ReasonCode.OTHER : code;
  }

  private ReasonCode expression(String source) {
    Matcher names = TEXT_OR_NAME.matcher(source);
    while (names.find()) {
      String name = names.group(1);
      ReasonCode code = name == null ? null : named(name);
      if (code != null) {
        return code;
      }
    }
    return ReasonCode.OTHER;
  }

  /** Null for functions and operators. A name that is also a field's means the field. */
  private @Nullable ReasonCode named(String name) {
    Field field = Field.byId(name);
    if (field != null) {
      return field(field);
    }
    return name.startsWith("attributes.") ? ReasonCode.OTHER : codes.get(name);
  }
}
