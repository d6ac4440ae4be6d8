package io.vigil.model.bundle;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Feature vectors with the logits expected of them: {@code golden.csv}. The header is {@code
 * logit_bits} and the model's features in its order; each row holds IEEE 754 float32 bits as eight
 * hex digits, so that nothing is lost to decimals.
 *
 * @param rows at least one
 */
record Golden(List<Row> rows) {
  private static final int MOST_ROWS = 100_000;
  private static final int SHOWN_MAX = 100;

  /**
   * One vector.
   *
   * @param logit expected
   * @param vector values of the model's features in its order, in the features' units
   */
  @SuppressWarnings("ArrayRecordComponent") // A carrier of bulk data, never compared.
  record Row(float logit, float[] vector) {}

  Golden {
    rows = List.copyOf(rows);
    requireRows(rows.size());
  }

  private static void requireRows(int rows) {
    if (rows < 1 || rows > MOST_ROWS) {
      throw new BundleException(
          "golden.csv: expected 1 to %d rows, came %s"
              .formatted(MOST_ROWS, rows > MOST_ROWS ? "more" : rows));
    }
  }

  byte[] toCsv(List<String> features) {
    StringBuilder csv = new StringBuilder(header(features)).append('\n');
    for (Row row : rows) {
      csv.append(hex(row.logit()));
      for (float value : row.vector()) {
        csv.append(',').append(hex(value));
      }
      csv.append('\n');
    }
    return csv.toString().getBytes(StandardCharsets.UTF_8);
  }

  static Golden parse(byte[] csv, List<String> features) {
    // No more than a legal file has: one of empty lines alone would fill the memory.
    List<String> lines =
        new String(csv, StandardCharsets.UTF_8).lines().limit(MOST_ROWS + 2L).toList();
    String header = header(features);
    if (lines.isEmpty() || !lines.get(0).equals(header)) {
      throw new BundleException("golden.csv: expected the header " + header);
    }
    List<Row> rows = new ArrayList<>();
    requireRows(lines.size() - 1);
    for (int i = 1; i < lines.size(); i++) {
      String line = lines.get(i);
      if (!line.matches("[0-9a-f]{8}(,[0-9a-f]{8}){" + features.size() + "}")) {
        throw new BundleException(
            "golden.csv line %d: expected %d groups of eight hex digits, came '%s'"
                .formatted(
                    i + 1,
                    features.size() + 1,
                    line.substring(0, Math.min(SHOWN_MAX, line.length()))));
      }
      float[] vector = new float[features.size()];
      for (int f = 0; f < vector.length; f++) {
        vector[f] = number(line, 9 * (f + 1));
      }
      rows.add(new Row(number(line, 0), vector));
    }
    return new Golden(rows);
  }

  private static String header(List<String> features) {
    return "logit_bits," + String.join(",", features);
  }

  private static String hex(float value) {
    return "%08x".formatted(Float.floatToRawIntBits(value));
  }

  private static float number(String line, int at) {
    return Float.intBitsToFloat(Integer.parseUnsignedInt(line.substring(at, at + 8), 16));
  }
}
