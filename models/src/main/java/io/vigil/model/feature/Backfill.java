package io.vigil.model.feature;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where the state of features comes from that began to be kept while a job ran: their history was
 * read before they counted. Such state is kept beside that of other features of the same entity,
 * under keys of its own, so that nothing that decides already is touched.
 *
 * <p>In a spec's text it is a document of its own, before or behind those that define the features:
 * {@code backfill: {id: abc, since: 1767225600000, features: [a, b]}}.
 *
 * @param id tells its keys from all others: lower-case letters
 * @param sinceMs from when on, in effective time, milliseconds since the epoch, the history was
 *     there; Long.MIN_VALUE for all of it
 */
public record Backfill(String id, long sinceMs) implements Comparable<Backfill> {
  /** Of the state of all other features. */
  public static final Backfill NONE = new Backfill("", Long.MIN_VALUE);

  static final String KEY = "backfill";
  static final Pattern ID = Pattern.compile("[a-z]{1,64}");

  private static final Pattern LIST = Pattern.compile("\\[(.*)\\]");
  private static final Pattern MARK =
      Pattern.compile("\\A" + KEY + ": \\{id: ([a-z]{1,64}), (?:since: [0-9]+, )?(features: .*)");

  /**
   * @throws IllegalArgumentException when the id is something else
   */
  public Backfill {
    if (!id.isEmpty() && !ID.matcher(id).matches()) {
      throw new IllegalArgumentException(
          "backfill: expected an id of 1 to 64 lower-case letters, got " + id);
    }
  }

  /**
   * A spec's text that says so of some of its features, before all of their history is read.
   *
   * @param features names of features that are kept
   */
  public static String mark(String id, List<String> features, String yaml) {
    String mark = KEY + ": {id: " + id + ", features: [" + String.join(", ", features) + "]}";
    return FeatureSpec.joined(mark, yaml);
  }

  /** The id in a text that {@link #mark} made; null in any other. */
  public static @Nullable String idOf(String text) {
    Matcher mark = MARK.matcher(text);
    return mark.lookingAt() ? mark.group(1) : null;
  }

  /**
   * A text that {@link #mark} made without some of the features, which stay in it as others do.
   *
   * @return without any mark when none is left
   */
  public static String without(String text, Set<String> names) {
    Matcher mark = MARK.matcher(text);
    if (!mark.lookingAt()) {
      return text;
    }
    Matcher list = LIST.matcher(mark.group(2));
    List<String> left =
        list.find()
            ? Arrays.stream(list.group(1).split(", ", -1)).filter(n -> !names.contains(n)).toList()
            : List.of();
    String features = "features: [" + String.join(", ", left) + "]}";
    return left.isEmpty()
        ? text.substring(text.indexOf('\n') + 1)
        : text.substring(0, mark.start(2)) + features + text.substring(mark.end(2));
  }

  /** Whether two texts that {@link #mark} made say it of the same features. */
  public static boolean sameFeatures(String one, String other) {
    Matcher first = MARK.matcher(one);
    Matcher second = MARK.matcher(other);
    return first.lookingAt() && second.lookingAt() && first.group(2).equals(second.group(2));
  }

  /**
   * The text when the history is read.
   *
   * @param text that {@link #mark} made
   * @param sinceMs see {@link #sinceMs()}
   */
  public static String since(String text, long sinceMs) {
    if (sinceMs == Long.MIN_VALUE) {
      return text;
    }
    return MARK.matcher(text).replaceFirst(KEY + ": {id: $1, since: " + sinceMs + ", $2");
  }

  /** What stands before a state key. */
  String keyPrefix() {
    return id.isEmpty() ? "" : "~" + id + "~";
  }

  @Override
  public int compareTo(Backfill other) {
    return id.compareTo(other.id);
  }
}
