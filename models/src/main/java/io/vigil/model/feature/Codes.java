package io.vigil.model.feature;

import io.vigil.model.event.Facts;
import io.vigil.model.event.Field;
import java.util.Arrays;
import java.util.List;

/** What of an event is one of many words, and the bucket that such a word falls into. */
final class Codes {
  private static final List<Field> FIELDS =
      Arrays.stream(Field.values())
          .filter(field -> SpecNames.isCategory(field) || field == Field.MCC)
          .toList();

  private static final String PADDING = "0000";

  private Codes() {}

  /** Every text field but the id, and the mcc, which counts as a text of four digits. */
  static List<Field> fields() {
    return FIELDS;
  }

  static List<String> ids() {
    return FIELDS.stream().map(Field::id).toList();
  }

  /** The hash of a field's text, {@link TextHash#MISSING} when it is missing. */
  static long hash(Facts facts, Field field) {
    if (field != Field.MCC) {
      return TextHash.of(facts.text(field));
    }
    double mcc = facts.number(field);
    return TextHash.of(Double.isNaN(mcc) ? null : fourDigits((int) mcc));
  }

  private static String fourDigits(int mcc) {
    String digits = Integer.toString(mcc);
    return PADDING.substring(Math.min(PADDING.length(), digits.length())) + digits;
  }

  /**
   * The bucket of a hash: the unsigned number modulo that of the buckets.
   *
   * @param buckets at least 1
   * @return 0 to buckets - 1, NaN for {@link TextHash#MISSING}
   */
  static double bucket(long hash, int buckets) {
    return hash == TextHash.MISSING ? Double.NaN : Long.remainderUnsigned(hash, buckets);
  }
}
