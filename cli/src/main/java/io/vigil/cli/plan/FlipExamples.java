package io.vigil.cli.plan;

import io.vigil.job.feature.FactsReader;
import io.vigil.model.event.Facts;
import io.vigil.model.plan.Flips;
import io.vigil.model.plan.Ruling;
import io.vigil.model.policy.Outcome;
import io.vigil.schema.Transaction;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** The greatest amounts of every pair of outcomes that differ. Not thread-safe. */
final class FlipExamples {
  private static final int OF_EACH = 4;

  private static final Comparator<Flip> GREATEST_FIRST =
      Comparator.comparingLong(Flip::amountMinor)
          .reversed()
          .thenComparing(flip -> flip.transaction.getTransactionId());

  private final Map<Outcome, Map<Outcome, TreeSet<Flip>>> flips = new TreeMap<>();

  @SuppressWarnings("ArrayRecordComponent") // Ordered by amount and id, never compared whole.
  private record Flip(
      Transaction transaction,
      long amountMinor,
      boolean fraud,
      float[] joint,
      Ruling champion,
      Ruling candidate) {}

  void add(
      Transaction transaction,
      long amountMinor,
      boolean fraud,
      float[] joint,
      Ruling champion,
      Ruling candidate) {
    if (champion.outcome() == candidate.outcome()) {
      return;
    }
    TreeSet<Flip> same =
        flips
            .computeIfAbsent(champion.outcome(), from -> new TreeMap<>())
            .computeIfAbsent(candidate.outcome(), to -> new TreeSet<>(GREATEST_FIRST));
    same.add(new Flip(transaction, amountMinor, fraud, joint, champion, candidate));
    if (same.size() > OF_EACH) {
      same.remove(same.last());
    }
  }

  /** All of them, from mild to strict, with the first reason of the stricter side. */
  List<Flips.Example> told(PlanSide champion, PlanSide candidate, FactsReader reader) {
    List<Flips.Example> examples = new ArrayList<>();
    for (Map<Outcome, TreeSet<Flip>> byTo : flips.values()) {
      for (TreeSet<Flip> same : byTo.values()) {
        for (Flip flip : same) {
          boolean stricter = flip.candidate.outcome().compareTo(flip.champion.outcome()) > 0;
          PlanSide side = stricter ? candidate : champion;
          Facts facts = reader.read(flip.transaction);
          examples.add(
              new Flips.Example(
                  flip.transaction.getTransactionId(),
                  flip.transaction.getEventTime(),
                  flip.amountMinor,
                  flip.fraud,
                  flip.champion.outcome(),
                  flip.candidate.outcome(),
                  flip.champion.probability(),
                  flip.candidate.probability(),
                  side.reason(
                      facts, side.own(flip.joint), stricter ? flip.candidate : flip.champion)));
        }
      }
    }
    return examples;
  }
}
