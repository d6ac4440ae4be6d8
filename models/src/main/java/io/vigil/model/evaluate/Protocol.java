package io.vigil.model.evaluate;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** When models learn and when they are tested. Days begin at midnight UTC. */
public enum Protocol {
  /**
   * The Handbook's chapters 5 to 7: training weeks from 2018-07-25, 08-01, 08-08 and 08-15, the
   * validation weeks before them from 06-20 to 07-11; 7 days of delay, 7 of test.
   */
  HANDBOOK_4FOLD("handbook-4fold"),

  /** The Handbook's chapter 3.4: one training week from 2018-07-25. */
  HANDBOOK_SINGLE("handbook-single"),

  /** The Handbook's chapter 7.3, on anomalies: one training week from 2018-07-11. */
  HANDBOOK_ANOMALY("handbook-anomaly"),

  /**
   * All after 2020-06-21 12:14 is the test, and nobody is left out; what is learnt from ends a week
   * earlier, because labels take so long.
   */
  SPARKOV("sparkov-2020-06-21"),

  /**
   * Any file: its last four weeks are test weeks, each after a training week and the recipe's
   * delay; the validation weeks are the four before them, where the file begins early enough.
   */
  PREQUENTIAL("prequential");

  private static final long DAY_MS = Split.DAY_MS;
  private static final long WEEK_MS = 7 * DAY_MS;
  private static final int TEST_WEEKS = 4;

  private final String id;

  Protocol(String id) {
    this.id = id;
  }

  /** As commands name it. */
  public String id() {
    return id;
  }

  /**
   * The protocol of that name.
   *
   * @throws IllegalArgumentException naming those there are
   */
  public static Protocol byId(String id) {
    for (Protocol protocol : values()) {
      if (protocol.id.equals(id)) {
        return protocol;
      }
    }
    throw new IllegalArgumentException(
        "expected one of %s, got '%s'"
            .formatted(
                Stream.of(values()).map(Protocol::id).collect(Collectors.joining(", ")), id));
  }

  /**
   * The splits in order of time.
   *
   * @param firstMs time of the history's first transaction
   * @param lastMs time of its last
   * @param delayMs how long labels take, as the recipe says; protocols with dates have their own
   * @throws IllegalArgumentException when the history does not reach over them
   */
  public List<Split> splits(long firstMs, long lastMs, long delayMs) {
    List<Split> found = placed(firstMs, lastMs, delayMs);
    for (Split split : found) {
      if (split.trainingFromMs() < firstMs || split.testFromMs() > lastMs) {
        throw new IllegalArgumentException(
            "protocol %s, split %s: expected transactions from %s to %s, came %s to %s"
                .formatted(
                    id,
                    split.name(),
                    Instant.ofEpochMilli(split.trainingFromMs()),
                    Instant.ofEpochMilli(split.testUntilMs()),
                    Instant.ofEpochMilli(firstMs),
                    Instant.ofEpochMilli(lastMs)));
      }
    }
    return found;
  }

  private List<Split> placed(long firstMs, long lastMs, long delayMs) {
    return switch (this) {
      case HANDBOOK_4FOLD ->
          List.of(
              week("2018-06-20", true),
              week("2018-06-27", true),
              week("2018-07-04", true),
              week("2018-07-11", true),
              week("2018-07-25", false),
              week("2018-08-01", false),
              week("2018-08-08", false),
              week("2018-08-15", false));
      case HANDBOOK_SINGLE -> List.of(week("2018-07-25", false));
      case HANDBOOK_ANOMALY -> List.of(week("2018-07-11", false));
      case SPARKOV -> sparkov(firstMs, lastMs);
      case PREQUENTIAL -> prequential(firstMs, lastMs, delayMs);
    };
  }

  private static Split week(String start, boolean validation) {
    long startMs = LocalDate.parse(start).atStartOfDay(ZoneOffset.UTC).toInstant().toEpochMilli();
    return new Split(start, startMs, startMs + WEEK_MS, startMs + 2 * WEEK_MS, 7, validation, true);
  }

  private static List<Split> sparkov(long firstMs, long lastMs) {
    long testMs = Instant.parse("2020-06-21T12:14:00Z").toEpochMilli();
    int days = (int) Math.max(1, (lastMs - testMs) / DAY_MS + 1);
    return List.of(new Split("2020-06-21", firstMs, testMs - WEEK_MS, testMs, days, false, false));
  }

  private static List<Split> prequential(long firstMs, long lastMs, long delayMs) {
    List<Split> found = new ArrayList<>();
    long endMs = Math.floorDiv(lastMs, DAY_MS) * DAY_MS + DAY_MS;
    for (int week = 2 * TEST_WEEKS; week >= 1; week--) {
      long testMs = endMs - week * WEEK_MS;
      long startMs = testMs - delayMs - WEEK_MS;
      boolean validation = week > TEST_WEEKS;
      // The test weeks are asked for, the validation weeks only where there is history for them.
      if (!validation || startMs >= firstMs) {
        String name = LocalDate.ofInstant(Instant.ofEpochMilli(startMs), ZoneOffset.UTC).toString();
        found.add(new Split(name, startMs, startMs + WEEK_MS, testMs, 7, validation, true));
      }
    }
    return found;
  }
}
