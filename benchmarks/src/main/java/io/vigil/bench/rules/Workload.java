package io.vigil.bench.rules;

import io.vigil.model.event.Facts;
import io.vigil.model.event.Field;
import io.vigil.model.rule.EntryList;
import io.vigil.model.rule.RuleSet;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Rules, lists and payments, all of them functions of a seed. */
final class Workload {
  static final int FEATURES = 60;

  private static final List<String> ASKED =
      List.of("device", "merchant", "card", "counterparty", "ip");
  private static final List<String> CHANNELS = List.of("pos", "ecom", "atm", "transfer");
  private static final List<String> COUNTRIES = List.of("DE", "FR", "BR", "NG", "US", "PL");

  /** One in so many texts of a payment is on a list. */
  private static final int LISTED = 100;

  private Workload() {}

  /** A payment. */
  record Payment(
      long eventTimeMs, long amountMinor, Map<Field, String> texts, double[] features, double score)
      implements Facts {

    @Override
    public @Nullable String text(Field field) {
      return texts.get(field);
    }

    @Override
    public double number(Field field) {
      return switch (field) {
        case EVENT_TIME -> eventTimeMs;
        case AMOUNT -> amountMinor / 100.0;
        default -> Double.NaN;
      };
    }

    @Override
    public @Nullable String attribute(String key) {
      return null;
    }
  }

  static List<String> featureNames() {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < FEATURES; i++) {
      names.add("feature_" + i);
    }
    return names;
  }

  /**
   * @param lists how many lists the fifth of the rules that ask one may ask; 0 leaves these
   *     conditions out
   */
  static RuleSet rules(int count, int lists) {
    SplittableRandom random = new SplittableRandom(1);
    StringBuilder yaml =
        new StringBuilder("name: many\nversion: 1\npoints: {review: 200, decline: 400}\nrules:\n");
    for (int i = 0; i < count; i++) {
      String feature = "feature_" + random.nextInt(FEATURES);
      String other = "feature_" + random.nextInt(FEATURES);
      String threshold = Integer.toString(60 + random.nextInt(39));
      int list = random.nextInt(Math.max(1, lists));
      String when =
          switch (i % 5) {
            case 0 -> "%s > %s and amount > 500".formatted(feature, threshold);
            case 1 ->
                "channel == \"%s\" and %s > %s and %s < 20"
                    .formatted(
                        CHANNELS.get(random.nextInt(CHANNELS.size())), feature, threshold, other);
            case 2 ->
                "country in (\"BR\", \"NG\") and (%s > %s or score > 0.9)"
                    .formatted(feature, threshold);
            case 3 ->
                "%s / max(%s, 1) > %s and hour(event_time) <= 4"
                    .formatted(feature, other, threshold);
            default ->
                (lists == 0
                        ? ""
                        : "%s in list(\"%s\") and "
                            .formatted(ASKED.get(list % ASKED.size()), listName(list)))
                    + "%s > 5".formatted(feature);
          };
      yaml.append("  - id: rule-").append(i).append("\n    when: '").append(when).append("'\n");
      yaml.append(i % 2 == 0 ? "    weight: 20\n" : "    outcome: step_up\n");
      yaml.append("    reason: R").append(i % 40).append("\n    text: so\n");
    }
    return RuleSet.read(yaml.toString(), "many.yaml", featureNames());
  }

  static String listName(int list) {
    return "list-" + list;
  }

  /**
   * The file of a list of 32-digit tokens.
   *
   * @param version tells files of one list apart: a half of the entries differs
   */
  static byte[] list(int list, int version, int entries) {
    StringBuilder text = new StringBuilder(64 + entries * 33);
    text.append("name: ").append(listName(list)).append("\nversion: ").append(version);
    text.append("\nof: any\n");
    for (int i = 0; i < entries; i++) {
      text.append(token(list % ASKED.size(), i % 2 == 0 ? i : (long) version * entries + i));
      text.append('\n');
    }
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static String token(int field, long number) {
    SplittableRandom random = new SplittableRandom(number * ASKED.size() + field);
    return "%016x%016x".formatted(random.nextLong(), random.nextLong());
  }

  static List<EntryList> lists(int count, int entries) {
    List<EntryList> lists = new ArrayList<>();
    for (int list = 0; list < count; list++) {
      lists.add(EntryList.read(list(list, 1, entries), listName(list)));
    }
    return lists;
  }

  static List<Payment> payments(int count, int entries) {
    SplittableRandom random = new SplittableRandom(2);
    List<Payment> payments = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Map<Field, String> texts = new EnumMap<>(Field.class);
      texts.put(Field.CHANNEL, CHANNELS.get(random.nextInt(CHANNELS.size())));
      texts.put(Field.COUNTRY, COUNTRIES.get(random.nextInt(COUNTRIES.size())));
      for (int asked = 0; asked < ASKED.size(); asked++) {
        boolean listed = random.nextInt(LISTED) == 0;
        // Even numbers below the number of entries are on every version of a list.
        long number = listed ? 2L * random.nextInt(entries / 2) : -1L - i;
        Field field = Field.byId(ASKED.get(asked));
        if (field != null) {
          texts.put(field, token(asked, number));
        }
      }
      double[] features = random.doubles(FEATURES, 0, 100).toArray();
      payments.add(
          new Payment(
              1_767_225_600_000L + 1_000L * i,
              (long) (100 * StrictMath.pow(10, random.nextDouble() * 3.5)),
              texts,
              features,
              random.nextDouble()));
    }
    return payments;
  }
}
