package io.vigil.model.feature;

import io.vigil.model.event.Field;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a plan keeps of one entity. Every stored value names the layout it was written in, so that a
 * plan can read what another plan wrote: what both keep is carried over, what is new starts empty.
 * How long things are kept is not part of it.
 *
 * @param log whether single events are kept
 * @param amount whether the log holds amounts
 * @param texts the fields whose hashes the log holds
 * @param conditions filters, by whose bit the log and the rest tell events apart
 * @param rings panes of windows
 * @param lifetimes totals of all events
 * @param decays weights that fade
 * @param firstSeen whether the first event's time is kept
 * @param labelsByTransaction whether labels are kept by their transaction's time
 * @param labelsByLabel whether labels are kept by their own effective time
 * @param positions whether positions are kept
 */
record Layout(
    boolean log,
    boolean amount,
    List<Field> texts,
    List<String> conditions,
    List<Ring> rings,
    List<Lifetime> lifetimes,
    List<Decay> decays,
    boolean firstSeen,
    boolean labelsByTransaction,
    boolean labelsByLabel,
    boolean positions) {

  /**
   * Part of every layout's id: raised when the bytes of an unchanged layout mean something else.
   */
  static final byte VERSION = 2;

  /** All events. */
  static final int ALL = 0;

  /**
   * Panes.
   *
   * @param resolutionMs their width
   * @param condition of the events in them, null for all
   * @param parts see {@link Moments}
   */
  record Ring(long resolutionMs, @Nullable String condition, int parts) {}

  /** Totals of all events for which a condition holds. */
  record Lifetime(@Nullable String condition, int parts) {}

  /** Faded weights of events for which a condition holds. */
  record Decay(@Nullable String condition, long halfLifeMs) {}

  /** All that is totalled, as rings: those first, then the lifetimes, with a resolution of 0. */
  List<Ring> totals() {
    List<Ring> totals = new ArrayList<>(rings);
    lifetimes.forEach(lifetime -> totals.add(new Ring(0, lifetime.condition, lifetime.parts)));
    return totals;
  }

  /**
   * What a total can tell, in bits: its parts, and beside which other totals it can be held, as a
   * share holds the events of a condition against all. Two such totals are of the same events only
   * while both were kept.
   */
  long told(int total) {
    List<Ring> totals = totals();
    Ring own = totals.get(total);
    long told = own.parts;
    for (Ring other : totals) {
      told |= comparable(own, other) ? beside(selector(other.condition)) : 0;
    }
    return told;
  }

  /** Whether one is all of what the other is a part of, or the reverse. */
  static boolean comparable(Ring one, Ring other) {
    return one.resolutionMs == other.resolutionMs
        && (one.condition == null) != (other.condition == null);
  }

  /** The bit of a total of the same panes, by its selector. */
  static long beside(int selector) {
    return (Moments.PARTS + 1L) << selector;
  }

  /** The selector of a condition: {@link #ALL} for null, else one more than its index. */
  int selector(@Nullable String condition) {
    return condition == null ? ALL : 1 + conditions.indexOf(condition);
  }

  /** The first four bytes of a SHA-256 over what is kept. */
  int id() {
    StringBuilder text = new StringBuilder("vigil-state ").append(VERSION).append('\n');
    text.append(log).append(amount).append(firstSeen);
    text.append(labelsByTransaction).append(labelsByLabel).append(positions).append('\n');
    texts.forEach(field -> text.append(field.id()).append(' '));
    for (String condition : conditions) {
      text.append("\ncondition ").append(condition.length()).append(':').append(condition);
    }
    for (Ring ring : rings) {
      text.append("\nring ").append(ring.resolutionMs).append(' ').append(ring.parts);
      text.append(' ').append(selector(ring.condition));
    }
    for (Lifetime lifetime : lifetimes) {
      text.append("\nlifetime ").append(lifetime.parts);
      text.append(' ').append(selector(lifetime.condition));
    }
    for (Decay decay : decays) {
      text.append("\ndecay ").append(decay.halfLifeMs);
      text.append(' ').append(selector(decay.condition));
    }
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest(text.toString().getBytes(StandardCharsets.UTF_8));
      return ByteBuffer.wrap(digest).getInt();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** What the features of one grouping ask to be kept. */
  static Layout of(List<Feature.Aggregated> features) {
    boolean log = false;
    boolean amount = false;
    boolean firstSeen = false;
    boolean labelsByTransaction = false;
    boolean labelsByLabel = false;
    boolean positions = false;
    List<Field> texts = new ArrayList<>();
    List<String> conditions = new ArrayList<>();
    List<Ring> rings = new ArrayList<>();
    List<Lifetime> lifetimes = new ArrayList<>();
    List<Decay> decays = new ArrayList<>();
    for (Feature.Aggregated feature : features) {
      String where = feature.where();
      if (where != null && !conditions.contains(where)) {
        conditions.add(where);
      }
      Feature.LabelClock clock = feature.labels();
      labelsByTransaction |= clock == Feature.LabelClock.TRANSACTION;
      labelsByLabel |= clock == Feature.LabelClock.LABEL;
      Window window = feature.window();
      switch (feature.aggregate()) {
        case FIRST_SEEN -> firstSeen = true;
        case GEO_DISTANCE, GEO_SPEED -> positions = true;
        case DECAYED_COUNT, DECAYED_SUM -> {
          Decay decay = new Decay(where, (long) feature.parameter());
          if (!decays.contains(decay)) {
            decays.add(decay);
          }
        }
        default -> {
          if (window != null && window.kind() == Window.Kind.LIFETIME) {
            addLifetime(lifetimes, where, parts(feature.aggregate()));
            if (feature.aggregate() == Aggregate.SHARE) {
              addLifetime(lifetimes, null, 0);
            }
          } else if (window != null && window.resolutionMs() > 0) {
            addRing(rings, window.resolutionMs(), where, parts(feature.aggregate()));
            if (feature.aggregate() == Aggregate.SHARE) {
              addRing(rings, window.resolutionMs(), null, 0);
            }
          } else if (clock == null || feature.aggregate() == Aggregate.RATE) {
            log = true;
            Field of = feature.of();
            amount |= of == Field.AMOUNT;
            if (of != null && of != Field.AMOUNT && !texts.contains(of)) {
              texts.add(of);
            }
          }
        }
      }
    }
    return new Layout(
        log,
        amount,
        List.copyOf(texts),
        List.copyOf(conditions),
        List.copyOf(rings),
        List.copyOf(lifetimes),
        List.copyOf(decays),
        firstSeen,
        labelsByTransaction,
        labelsByLabel,
        positions);
  }

  /** What an aggregate needs of amounts besides their number, see {@link Moments}. */
  static int parts(Aggregate aggregate) {
    return switch (aggregate) {
      case SUM, MEAN, QUANTILE -> Moments.SUM;
      case STD -> Moments.SUM | Moments.SQUARES;
      case MIN, MAX -> Moments.EXTREMES;
      default -> 0;
    };
  }

  private static void addRing(
      List<Ring> rings, long resolutionMs, @Nullable String condition, int parts) {
    for (int at = 0; at < rings.size(); at++) {
      Ring ring = rings.get(at);
      if (ring.resolutionMs == resolutionMs && Objects.equals(ring.condition, condition)) {
        rings.set(at, new Ring(resolutionMs, condition, ring.parts | parts));
        return;
      }
    }
    rings.add(new Ring(resolutionMs, condition, parts));
  }

  private static void addLifetime(List<Lifetime> lifetimes, @Nullable String condition, int parts) {
    for (int at = 0; at < lifetimes.size(); at++) {
      Lifetime lifetime = lifetimes.get(at);
      if (Objects.equals(lifetime.condition, condition)) {
        lifetimes.set(at, new Lifetime(condition, lifetime.parts | parts));
        return;
      }
    }
    lifetimes.add(new Lifetime(condition, parts));
  }

  /** What is kept, in words, a line each. */
  List<String> words() {
    List<String> words = new ArrayList<>();
    if (log) {
      List<String> columns = new ArrayList<>(List.of("time"));
      if (amount) {
        columns.add("amount");
      }
      if (!conditions.isEmpty()) {
        columns.add(conditions.size() + " conditions");
      }
      texts.forEach(field -> columns.add(field.id()));
      words.add("events: " + String.join(", ", columns));
    }
    for (Ring ring : rings) {
      words.add(
          "panes of "
              + ring.resolutionMs / Window.MINUTE_MS
              + " min: "
              + parts(ring.parts)
              + where(ring.condition));
    }
    for (Lifetime lifetime : lifetimes) {
      words.add("lifetime: " + parts(lifetime.parts) + where(lifetime.condition));
    }
    for (Decay decay : decays) {
      words.add(
          "decay by half in "
              + decay.halfLifeMs / Window.MINUTE_MS
              + " min: count, sum"
              + where(decay.condition));
    }
    if (firstSeen) {
      words.add("first time");
    }
    if (labelsByTransaction) {
      words.add("labels by transaction time");
    }
    if (labelsByLabel) {
      words.add("labels by label time");
    }
    if (positions) {
      words.add("positions");
    }
    return words;
  }

  private static String parts(int parts) {
    List<String> words = new ArrayList<>(List.of("count"));
    if ((parts & Moments.SUM) != 0) {
      words.add("sum");
    }
    if ((parts & Moments.SQUARES) != 0) {
      words.add("sum of squares");
    }
    if ((parts & Moments.EXTREMES) != 0) {
      words.add("min, max");
    }
    return String.join(", ", words);
  }

  private static String where(@Nullable String condition) {
    return condition == null ? "" : " where " + condition;
  }

  /** Whether amounts are asked of an event, by the log or by what is summed up. */
  boolean needsAmount() {
    return amount
        || rings.stream().anyMatch(ring -> ring.parts != 0)
        || lifetimes.stream().anyMatch(lifetime -> lifetime.parts != 0)
        || !decays.isEmpty();
  }
}
