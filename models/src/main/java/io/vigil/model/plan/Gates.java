package io.vigil.model.plan;

import io.vigil.model.artefact.ArtefactException;
import io.vigil.model.artefact.Artefacts;
import io.vigil.model.artefact.YamlMap;
import io.vigil.model.watch.WatchPlan;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a candidate must hold, as data. A gate that is left out is told as not assessed. Immutable.
 *
 * @param minAveragePrecisionDifference what the lower end of the 90 % interval of candidate minus
 *     champion must reach, -1 to 1
 * @param alertBudgetPerDay alerts a day on average at the most
 * @param latencyUsPerEvent scoring time of a row in a batch as the stream's, microseconds
 * @param golden how the golden vectors must come out
 * @param watch what it must hold once it runs; it goes into the plan as it stands
 * @param digest SHA-256 of the file, hex
 */
public record Gates(
    String name,
    int version,
    @Nullable Double minAveragePrecisionDifference,
    @Nullable Double alertBudgetPerDay,
    @Nullable Double latencyUsPerEvent,
    @Nullable Fairness fairness,
    @Nullable Robustness robustness,
    @Nullable Golden golden,
    @Nullable WatchPlan watch,
    String digest) {
  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,63}");
  private static final int ROWS_LEAST = 500;

  /**
   * Groups whose innocent transactions must be stopped about equally often.
   *
   * @param maxRatio the greatest rate of false alerts of a group / the least, at least 1
   * @param minRows groups with fewer rows that are no frauds are left out
   */
  public record Fairness(GroupKey groups, double maxRatio, int minRows) {}

  /**
   * Small changes of the input under which outcomes must stay.
   *
   * @param appended small transactions put before the one that is judged; 0 for none
   * @param amountChange share by which its amount goes up and down, 0 to 0.5
   * @param noise standard deviation of the noise on each feature, as a share of its value, 0 to 1
   * @param maxFlipShare share of the sampled rows whose outcome may change, 0 to 1
   */
  public record Robustness(int appended, double amountChange, double noise, double maxFlipShare) {}

  /** How golden vectors must come out. */
  public enum Golden {
    /** Every bit, which can be seen on the engine class alone that wrote them. */
    TO_THE_BIT,
    /** Within 1e-4 on any other. */
    WITHIN_TOLERANCE
  }

  /**
   * Reads gates.
   *
   * @param yaml the whole file
   * @param origin where it came from, for messages
   * @throws ArtefactException at the first thing that is wrong
   */
  public static Gates read(String yaml, String origin) {
    YamlMap file =
        YamlMap.read(
            yaml,
            origin,
            "name",
            "version",
            "min_average_precision_difference",
            "alert_budget_per_day",
            "latency_us_per_event",
            "fairness",
            "robustness",
            "golden",
            "watch");
    return new Gates(
        file.text("name", NAME, "a name of lower-case letters, digits and hyphens"),
        file.integer("version", 1, Integer.MAX_VALUE),
        decimal(file, "min_average_precision_difference", -1, 1),
        decimal(file, "alert_budget_per_day", 0, 1_000_000_000),
        decimal(file, "latency_us_per_event", 0, 10_000_000),
        file.has("fairness")
            ? fairness(file.map("fairness", "groups", "max_ratio", "min_rows"))
            : null,
        file.has("robustness")
            ? robustness(
                file.map("robustness", "appended", "amount_change", "noise", "max_flip_share"))
            : null,
        file.has("golden")
            ? file.choice(
                "golden",
                Map.of(
                    "to_the_bit", Golden.TO_THE_BIT, "within_tolerance", Golden.WITHIN_TOLERANCE))
            : null,
        WatchPlan.in(file),
        Artefacts.digest(yaml));
  }

  /** The gates that come with Vigil. */
  public static Gates builtIn() {
    return read(Artefacts.builtIn("gates/default.yaml"), "gates/default.yaml");
  }

  private static @Nullable Double decimal(YamlMap file, String key, double min, double max) {
    return file.has(key) ? file.decimal(key, min, max) : null;
  }

  private static Fairness fairness(YamlMap map) {
    GroupKey groups = GroupKey.byId(map.text("groups", GroupKey.EXPECTED));
    if (groups == null) {
      throw map.wrong("groups", GroupKey.EXPECTED);
    }
    return new Fairness(
        groups,
        map.decimal("max_ratio", 1, 1_000),
        map.has("min_rows") ? map.integer("min_rows", 1, 1_000_000_000) : ROWS_LEAST);
  }

  private static Robustness robustness(YamlMap map) {
    return new Robustness(
        map.has("appended") ? map.integer("appended", 0, 10) : 0,
        map.has("amount_change") ? map.decimal("amount_change", 0, 0.5) : 0,
        map.has("noise") ? map.decimal("noise", 0, 1) : 0,
        map.decimal("max_flip_share", 0, 1));
  }
}
