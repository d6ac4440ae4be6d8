package io.vigil.cli.plan;

import io.vigil.cli.train.OfflineFeatures;
import io.vigil.job.feature.FactsReader;
import io.vigil.model.event.Facts;
import io.vigil.model.plan.Gates;
import io.vigil.model.plan.Robustness;
import io.vigil.model.plan.Ruling;
import io.vigil.model.plan.Sample;
import io.vigil.model.policy.Outcome;
import io.vigil.schema.Transaction;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * What small changes of the input do to outcomes, on a seeded sample: as many frauds as others,
 * where there are so many. Features are computed anew by the engine on copies of the entities'
 * state, so that the stream goes on as if nothing had been tried. Not thread-safe.
 */
final class Trials {
  private static final int ROWS = 500;
  private static final long SEED = 1;

  /** How long before the transaction the appended ones come, one after the other. */
  private static final long APART_MS = 30_000;

  private static final long SMALL_MINOR = 100;

  private final Gates.Robustness asked;
  private final OfflineFeatures engine;
  private final FactsReader facts;
  private final Sample<Trial> frauds = new Sample<>(ROWS, SEED);
  private final Sample<Trial> others = new Sample<>(ROWS, SEED);
  private @Nullable Trial pending;

  /** A transaction with the vectors it would have had. */
  private static final class Trial {
    private final Transaction transaction;
    private final float[] appended;
    private final Transaction up;
    private final float[] upVector;
    private final Transaction down;
    private final float[] downVector;
    private float[] vector = new float[0];

    Trial(OfflineFeatures engine, Transaction transaction, Gates.Robustness asked) {
      this.transaction = transaction;
      List<Transaction> before = new ArrayList<>();
      for (int i = asked.appended(); i > 0; i--) {
        before.add(small(transaction, i));
      }
      appended = engine.whatIf(before, transaction);
      up = scaled(transaction, 1 + asked.amountChange());
      upVector = engine.whatIf(List.of(), up);
      down = scaled(transaction, 1 - asked.amountChange());
      downVector = engine.whatIf(List.of(), down);
    }
  }

  Trials(Gates.Robustness asked, OfflineFeatures engine, FactsReader facts) {
    this.asked = asked;
    this.engine = engine;
    this.facts = facts;
  }

  private static Transaction small(Transaction transaction, int back) {
    return Transaction.newBuilder(transaction)
        .setTransactionId(transaction.getTransactionId() + "-before-" + back)
        .setEventTime(transaction.getEventTime() - back * APART_MS)
        .setAmountMinor(Math.min(SMALL_MINOR, transaction.getAmountMinor()))
        .setBillingAmountMinor(Math.min(SMALL_MINOR, transaction.getBillingAmountMinor()))
        .build();
  }

  private static Transaction scaled(Transaction transaction, double factor) {
    return Transaction.newBuilder(transaction)
        .setAmountMinor(Math.round(transaction.getAmountMinor() * factor))
        .setBillingAmountMinor(Math.round(transaction.getBillingAmountMinor() * factor))
        .build();
  }

  /** Tries a transaction that the engine has not seen yet. */
  void before(Transaction transaction, boolean fraud) {
    pending =
        (fraud ? frauds : others).wants(transaction.getTransactionId())
            ? new Trial(engine, transaction, asked)
            : null;
  }

  /** The vector that the same transaction has in truth. */
  void after(boolean fraud, float[] vector) {
    Trial trial = pending;
    if (trial != null) {
      trial.vector = vector;
      (fraud ? frauds : others).add(trial.transaction.getTransactionId(), trial);
      pending = null;
    }
  }

  /** Has both sides decide all of it. */
  List<Robustness> results(PlanSide champion, PlanSide candidate) {
    List<Trial> trials = new ArrayList<>(frauds.rows());
    trials.addAll(others.rows());
    if (trials.isEmpty()) {
      return List.of();
    }
    int[][] flips = {flips(champion, trials), flips(candidate, trials)};
    String[] changes = {Robustness.APPENDED, Robustness.AMOUNT_CHANGE, Robustness.NOISE};
    List<Robustness> results = new ArrayList<>();
    for (int i = 0; i < changes.length; i++) {
      results.add(new Robustness(changes[i], trials.size(), flips[0][i], flips[1][i]));
    }
    return results;
  }

  private int[] flips(PlanSide side, List<Trial> trials) {
    int[] flips = new int[3];
    for (Trial trial : trials) {
      Outcome was = outcome(side, trial.transaction, side.own(trial.vector));
      flips[0] +=
          asked.appended() > 0 && outcome(side, trial.transaction, side.own(trial.appended)) != was
              ? 1
              : 0;
      boolean byAmount =
          outcome(side, trial.up, side.own(trial.upVector)) != was
              || outcome(side, trial.down, side.own(trial.downVector)) != was;
      flips[1] += byAmount ? 1 : 0;
      flips[2] +=
          outcome(side, trial.transaction, noisy(side.own(trial.vector), trial)) != was ? 1 : 0;
    }
    return flips;
  }

  private float[] noisy(float[] vector, Trial trial) {
    // Each row has noise of its own, the same in every plan.
    Random random = new Random(SEED ^ trial.transaction.getTransactionId().hashCode());
    float[] noisy = new float[vector.length];
    for (int i = 0; i < noisy.length; i++) {
      noisy[i] = (float) (vector[i] * (1 + asked.noise() * random.nextGaussian()));
    }
    return noisy;
  }

  private Outcome outcome(PlanSide side, Transaction transaction, float[] own) {
    float[] logit = new float[1];
    side.score(new float[][] {own}, 1, logit);
    Facts read = facts.read(transaction);
    Ruling ruling = side.ruling(read, own, logit[0]);
    return ruling.outcome();
  }
}
