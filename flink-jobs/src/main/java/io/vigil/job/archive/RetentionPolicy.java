package io.vigil.job.archive;

import io.vigil.model.artefact.ArtefactException;
import io.vigil.model.artefact.YamlMap;
import java.time.Instant;
import java.time.LocalDate;
import java.time.Period;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How long the archive keeps days of each kind, and which days must stay. Kinds that it does not
 * name are kept for good. Immutable.
 *
 * @param keep by kind
 * @param holds days that must stay, whatever {@code keep} says
 * @param losesReplay whether days may go that replays of kept decisions need
 */
public record RetentionPolicy(Map<String, Period> keep, List<Hold> holds, boolean losesReplay) {
  private static final Pattern AGE = Pattern.compile("([1-9][0-9]{0,3})(d|mo|y)");
  private static final int HOLDS_MAX = 10_000;
  private static final int KINDS_MAX = 100;
  private static final String AGES = "an age such as 90d, 18mo or 7y";

  /** What every replay begins with, and what every record of the archive is proved by. */
  private static final List<String> FOR_GOOD = List.of(Starts.KIND, "batches", "heads");

  private static final String NEEDED = "every replay or audit needs it, so it is kept for good";

  /**
   * Days that must stay: a court's order, an investigation.
   *
   * @param from first day
   * @param to last day
   * @param kinds that stay, all when empty
   * @param reason what to tell
   */
  public record Hold(LocalDate from, LocalDate to, List<String> kinds, String reason) {
    public Hold {
      kinds = List.copyOf(kinds);
    }

    boolean holds(String kind, LocalDate day) {
      return !day.isBefore(from) && !day.isAfter(to) && (kinds.isEmpty() || kinds.contains(kind));
    }
  }

  public RetentionPolicy {
    keep = Map.copyOf(keep);
    holds = List.copyOf(holds);
  }

  /**
   * Reads a policy: {@code keep}, kinds with ages; {@code holds}, a list of {@code from}, {@code
   * to}, {@code kinds} and {@code reason}; {@code loses_replay}.
   *
   * @param origin of the text, for messages
   * @throws ArtefactException naming the line that is wrong
   */
  public static RetentionPolicy read(String yaml, String origin) {
    YamlMap file = YamlMap.read(yaml, origin, "keep", "holds", "loses_replay");
    Map<String, Period> keep = new LinkedHashMap<>();
    if (file.has("keep")) {
      YamlMap ages = file.anyMap("keep", "kinds with ages, such as inputs: 7y");
      for (String kind : ages.keys()) {
        if (FOR_GOOD.contains(kind)) {
          throw ages.because(kind, NEEDED);
        }
        keep.put(kind, age(ages.text(kind, AGE, AGES)));
      }
    }
    boolean losesReplay =
        file.has("loses_replay")
            && file.choice("loses_replay", Map.of("true", true, "false", false));
    return new RetentionPolicy(keep, holds(file), losesReplay);
  }

  /**
   * Reads {@code KIND=AGE,KIND=AGE}.
   *
   * @throws IllegalArgumentException saying what is wrong
   */
  public static Map<String, Period> ages(String text) {
    Map<String, Period> keep = new LinkedHashMap<>();
    for (String entry : text.split(",", -1)) {
      int at = entry.indexOf('=');
      String kind = at < 0 ? "" : entry.substring(0, at).strip();
      if (kind.isEmpty() || !AGE.matcher(entry.substring(at + 1).strip()).matches()) {
        throw new IllegalArgumentException(
            "expected KIND=AGE with " + AGES + ", got '" + entry + "'");
      }
      if (FOR_GOOD.contains(kind)) {
        throw new IllegalArgumentException(kind + ": " + NEEDED);
      }
      keep.put(kind, age(entry.substring(at + 1).strip()));
    }
    return keep;
  }

  /** Reads the {@code holds} of a file that has nothing else. */
  public static List<Hold> readHolds(String yaml, String origin) {
    return holds(YamlMap.read(yaml, origin, "holds"));
  }

  private static List<Hold> holds(YamlMap file) {
    List<Hold> holds = new ArrayList<>();
    if (file.has("holds")) {
      for (YamlMap hold : file.maps("holds", HOLDS_MAX, "from", "to", "kinds", "reason")) {
        LocalDate from = date(hold, "from");
        LocalDate to = date(hold, "to");
        if (to.isBefore(from)) {
          throw hold.wrong("to", "a date that is not before " + from);
        }
        holds.add(
            new Hold(
                from,
                to,
                hold.has("kinds") ? hold.texts("kinds", KINDS_MAX) : List.of(),
                hold.text("reason", "why the days must stay")));
      }
    }
    return holds;
  }

  private static LocalDate date(YamlMap map, String key) {
    return Instant.ofEpochMilli(map.dateMs(key)).atZone(ZoneOffset.UTC).toLocalDate();
  }

  private static Period age(String text) {
    Matcher matcher = AGE.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException("expected " + AGES + ", got '" + text + "'");
    }
    int count = Integer.parseInt(matcher.group(1));
    return switch (matcher.group(2)) {
      case "d" -> Period.ofDays(count);
      case "mo" -> Period.ofMonths(count);
      default -> Period.ofYears(count);
    };
  }

  /** All that it says, in one order whatever file it came from. */
  @Override
  public String toString() {
    return "keep " + new TreeMap<>(keep) + ", holds " + holds + ", loses_replay " + losesReplay;
  }

  /** Whether a day of a kind is older than it is kept. */
  boolean isOver(String kind, LocalDate day, LocalDate today) {
    Period age = keep.get(kind);
    return age != null && day.isBefore(today.minus(age));
  }

  /** Why a day must stay; null when nothing holds it. */
  @Nullable String heldFor(String kind, LocalDate day) {
    return holds.stream()
        .filter(hold -> hold.holds(kind, day))
        .map(Hold::reason)
        .findFirst()
        .orElse(null);
  }
}
