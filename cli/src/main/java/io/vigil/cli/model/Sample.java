package io.vigil.cli.model;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.NamedCsvRecord;
import io.vigil.cli.CliException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Predictions that a team made with its own model: feature vectors with the logit or the
 * probability that came out, as decimal text.
 *
 * @param features names, in the order of the file
 * @param vectors in the features' units and that order; NaN where the file has nothing
 * @param expected as many predictions
 * @param probabilities whether these are probabilities, else logits
 */
@SuppressWarnings("ArrayRecordComponent") // A carrier of bulk data, never compared.
public record Sample(
    List<String> features, List<float[]> vectors, double[] expected, boolean probabilities) {
  private static final String LOGIT = "logit";
  private static final String PROBABILITY = "probability";
  private static final int ROWS_MAX = 100_000;

  /** Of a logit its part, of a probability the whole: what float32 in another order may differ. */
  private static final double TOLERANCE = 1e-5;

  /**
   * Reads a sample.
   *
   * @param known the names of the features that may stand in it
   * @throws CliException naming the file, the line and what was expected
   */
  public static Sample read(Path file, List<String> known) {
    try (CsvReader<NamedCsvRecord> rows = CsvReader.builder().ofNamedCsvRecord(file)) {
      List<String> features = new ArrayList<>();
      List<float[]> vectors = new ArrayList<>();
      List<Double> expected = new ArrayList<>();
      String target = "";
      for (NamedCsvRecord row : rows) {
        if (vectors.isEmpty()) {
          target = target(file, row.getHeader());
          features.addAll(row.getHeader());
          features.remove(target);
          requireKnown(file, features, known);
        }
        if (vectors.size() == ROWS_MAX) {
          throw new CliException("%s: expected at most %d rows".formatted(file, ROWS_MAX));
        }
        vectors.add(vector(file, row, features));
        expected.add(expected(file, row, target));
      }
      if (vectors.isEmpty()) {
        throw new CliException(file + ": expected a header and at least one row");
      }
      return new Sample(
          List.copyOf(features),
          vectors,
          expected.stream().mapToDouble(value -> value).toArray(),
          target.equals(PROBABILITY));
    } catch (IOException | CsvParseException e) {
      throw new CliException("%s cannot be read: %s".formatted(file, e.getMessage()), e);
    }
  }

  private static String target(Path file, List<String> header) {
    boolean logit = header.contains(LOGIT);
    if (logit == header.contains(PROBABILITY)) {
      throw new CliException(
          "%s: expected a column %s or a column %s, got %s"
              .formatted(file, LOGIT, PROBABILITY, header));
    }
    return logit ? LOGIT : PROBABILITY;
  }

  private static void requireKnown(Path file, List<String> features, List<String> known) {
    for (String feature : features) {
      if (!known.contains(feature)) {
        throw new CliException(
            "%s: the column '%s' is no feature of the spec".formatted(file, feature));
      }
      if (features.indexOf(feature) != features.lastIndexOf(feature)) {
        throw new CliException("%s: has the column '%s' twice".formatted(file, feature));
      }
    }
  }

  private static float[] vector(Path file, NamedCsvRecord row, List<String> features) {
    float[] vector = new float[features.size()];
    for (int i = 0; i < vector.length; i++) {
      String text = field(file, row, features.get(i));
      boolean missing = text.isEmpty() || text.toLowerCase(Locale.ROOT).equals("nan");
      vector[i] = missing ? Float.NaN : (float) number(file, row, features.get(i), text);
    }
    return vector;
  }

  private static double expected(Path file, NamedCsvRecord row, String target) {
    double value = number(file, row, target, field(file, row, target));
    if (target.equals(PROBABILITY) && (value < 0 || value > 1)) {
      throw wrong(file, row, target, "0 to 1", String.valueOf(value));
    }
    return value;
  }

  private static String field(Path file, NamedCsvRecord row, String column) {
    return row.findField(column)
        .map(String::strip)
        .orElseThrow(() -> wrong(file, row, column, "a number", "no such column"));
  }

  private static double number(Path file, NamedCsvRecord row, String column, String text) {
    try {
      double value = Double.parseDouble(text);
      if (Double.isFinite(value)) {
        return value;
      }
    } catch (NumberFormatException e) {
      throw wrong(file, row, column, "a number", text);
    }
    throw wrong(file, row, column, "a finite number", text);
  }

  private static CliException wrong(
      Path file, NamedCsvRecord row, String column, String expected, String came) {
    return new CliException(
        "%s line %d, %s: expected %s, got '%s'"
            .formatted(file, row.getStartingLineNumber(), column, expected, came));
  }

  /** The vectors in another order of their features, or with fewer of them. */
  public List<float[]> vectors(List<String> order) {
    int[] at = order.stream().mapToInt(features::indexOf).toArray();
    return vectors.stream()
        .map(
            vector -> {
              float[] picked = new float[at.length];
              for (int i = 0; i < at.length; i++) {
                picked[i] = vector[at[i]];
              }
              return picked;
            })
        .toList();
  }

  /** The median of a feature where it is known, or 0 when it never is. */
  public double median(String feature) {
    int at = features.indexOf(feature);
    double[] values =
        vectors.stream()
            .mapToDouble(vector -> vector[at])
            .filter(Double::isFinite)
            .sorted()
            .toArray();
    return values.length == 0 ? 0 : values[(values.length - 1) / 2];
  }

  /**
   * Holds logits against the predictions.
   *
   * @param logits one a row
   * @return the greatest difference, in logits or in probabilities
   * @throws CliException at the first row that differs by more than 1e-5 (of a logit beyond ±1: of
   *     its amount)
   */
  public double compare(float[] logits) {
    double greatest = 0;
    for (int i = 0; i < expected.length; i++) {
      double came = probabilities ? 1 / (1 + StrictMath.exp(-(double) logits[i])) : logits[i];
      double difference = Math.abs(came - expected[i]);
      if (!(difference <= TOLERANCE * Math.max(1, Math.abs(expected[i])))) {
        throw new CliException(
            "row %d of the sample: expected the %s %s, came %s (of %s)"
                .formatted(
                    i + 1,
                    probabilities ? PROBABILITY : LOGIT,
                    expected[i],
                    came,
                    Arrays.toString(vectors.get(i))));
      }
      greatest = Math.max(greatest, difference);
    }
    return greatest;
  }
}
