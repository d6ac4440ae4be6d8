package io.vigil.cli.diff;

import io.vigil.schema.Decision;
import io.vigil.schema.Transaction;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The decisions that differ for one cause, counted. Not thread-safe. */
public final class DiffGroup {
  /** Fields are counted up to so many names; the rest is counted together. */
  private static final int FIELDS_MAX = 2000;

  private static final String OTHER_FIELDS = "…";

  /** Lowest rank first: an outcome that changed, then the loss at stake, then the amount. */
  private static final Comparator<Example> RANK =
      Comparator.comparing(Example::outcomeChanged)
          .thenComparingLong(Example::lossDifference)
          .thenComparingLong(Example::amountMinor)
          .thenComparing(Example::transactionId, Comparator.reverseOrder());

  private final Cause cause;
  private final int examplesMax;
  private long decisions;
  private long byNameAlone;
  private final Map<String, Outcomes> outcomes = new TreeMap<>();
  private final Outcomes gained = new Outcomes();
  private final Outcomes lost = new Outcomes();
  private long lossBefore;
  private long lossAfter;
  private final Map<String, Long> fields = new HashMap<>();
  private final PriorityQueue<Example> examples = new PriorityQueue<>(RANK);

  /** Decisions and their money. */
  public static final class Outcomes {
    private long count;
    private final Map<String, Long> amounts = new TreeMap<>();

    void add(Transaction transaction) {
      count++;
      amounts.merge(
          transaction.getBillingCurrency(), transaction.getBillingAmountMinor(), Math::addExact);
    }

    public long count() {
      return count;
    }

    /** Sums of billing amounts by currency, minor units. */
    public Map<String, Long> amounts() {
      return amounts;
    }
  }

  /**
   * A decision that differs; one side may lack it.
   *
   * @param differences what differs, empty when one side lacks it
   */
  public record Example(
      @Nullable Decision one, @Nullable Decision other, List<Difference> differences) {
    public Example {
      differences = List.copyOf(differences);
    }

    /** The decision of the first side, or else of the second. */
    public Decision any() {
      if (one != null) {
        return one;
      }
      if (other == null) {
        throw new IllegalStateException("an example of no decision");
      }
      return other;
    }

    public String transactionId() {
      return any().getTransaction().getTransactionId();
    }

    long amountMinor() {
      return any().getTransaction().getBillingAmountMinor();
    }

    boolean outcomeChanged() {
      return !outcome(one).equals(outcome(other));
    }

    long lossDifference() {
      return Math.abs(loss(one) - loss(other));
    }
  }

  DiffGroup(Cause cause, int examplesMax) {
    this.cause = cause;
    this.examplesMax = examplesMax;
  }

  void add(@Nullable Decision one, @Nullable Decision other, List<Difference> differences) {
    Example example = new Example(one, other, differences);
    decisions++;
    if (!differences.isEmpty() && differences.stream().allMatch(Difference::label)) {
      byNameAlone++;
    }
    if (example.outcomeChanged()) {
      outcomes
          .computeIfAbsent(outcome(one) + " -> " + outcome(other), key -> new Outcomes())
          .add(example.any().getTransaction());
    }
    boolean alert = one != null && one.getAlertId() != null;
    boolean otherAlert = other != null && other.getAlertId() != null;
    if (alert && !otherAlert) {
      lost.add(example.any().getTransaction());
    } else if (otherAlert && !alert) {
      gained.add(example.any().getTransaction());
    }
    lossBefore = Math.addExact(lossBefore, loss(one));
    lossAfter = Math.addExact(lossAfter, loss(other));
    for (Difference difference : differences) {
      String field = difference.field();
      boolean room = fields.size() < FIELDS_MAX || fields.containsKey(field);
      fields.merge(room ? field : OTHER_FIELDS, 1L, Long::sum);
    }
    examples.add(example);
    if (examples.size() > examplesMax) {
      examples.poll();
    }
  }

  private static String outcome(@Nullable Decision decision) {
    return decision == null ? "-" : decision.getOutcome().name();
  }

  private static long loss(@Nullable Decision decision) {
    return decision == null ? 0 : decision.getExpectedLossMinor();
  }

  public Cause cause() {
    return cause;
  }

  public long decisions() {
    return decisions;
  }

  /** Decisions in which only digests and other names differ, and nothing that was made by them. */
  public long byNameAlone() {
    return byNameAlone;
  }

  /** Outcomes that changed, by {@code FROM -> TO}; {@code -} stands for no decision. */
  public Map<String, Outcomes> outcomes() {
    return outcomes;
  }

  /** Decisions with an alert on the second side only. */
  public Outcomes alertsGained() {
    return gained;
  }

  /** Decisions with an alert on the first side only. */
  public Outcomes alertsLost() {
    return lost;
  }

  /** Expected loss of the first side's decisions, minor units of the base currency. */
  public long lossBefore() {
    return lossBefore;
  }

  /** Expected loss of the second side's decisions, minor units of the base currency. */
  public long lossAfter() {
    return lossAfter;
  }

  /** In how many decisions each field differs, the most frequent first. */
  public List<Map.Entry<String, Long>> fields() {
    return fields.entrySet().stream()
        .sorted(
            Map.Entry.<String, Long>comparingByValue()
                .reversed()
                .thenComparing(Map.Entry.comparingByKey()))
        .toList();
  }

  /** Those that matter most, the first ahead. */
  public List<Example> examples() {
    List<Example> sorted = new ArrayList<>(examples);
    sorted.sort(RANK.reversed());
    return sorted;
  }
}
