package io.vigil.model.evaluate;

import io.vigil.model.bundle.Bundle;
import io.vigil.model.recipe.Recipe;
import io.vigil.model.recipe.Trained;
import io.vigil.model.score.Scorer;
import io.vigil.model.score.ScoringModel;
import io.vigil.model.train.TrainingSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Trains by a recipe as time goes on and tests each model on the days that it would have been in
 * force. A model sees rows of its window only, with the labels that are known when its test begins.
 * Not thread-safe.
 */
public final class Prequential {
  private static final String WARM_UP = "warm-up";
  private static final int BATCH = 4_096;
  private static final long WARM_UP_MS = 28 * Split.DAY_MS;

  private final Recipe recipe;
  private final List<Split> splits;
  private final Training training;
  private final Map<Long, Trained> trained = new ConcurrentHashMap<>();
  private float[] logits = new float[0];

  /** Follows a recipe. Thread-safe. */
  @FunctionalInterface
  public interface Training {
    Trained train(Split split, TrainingSet rows, TrainingSet holdout);
  }

  /**
   * A model and what it said of its test.
   *
   * @param rows of the history, in order
   * @param scored the same rows
   */
  @SuppressWarnings("ArrayRecordComponent") // A carrier of bulk data, never compared.
  public record Tested(Split split, Trained trained, int[] rows, Scored scored) {}

  /**
   * @param splits in order of time
   */
  public Prequential(Recipe recipe, List<Split> splits, Training training) {
    this.recipe = recipe;
    this.splits = List.copyOf(splits);
    this.training = training;
  }

  /**
   * The splits with others before them, four weeks apart, as long as there is half a window to
   * learn from: models that only review, so that the first split meets a stream that had feedback.
   *
   * @param firstMs time of the history's first transaction
   */
  public static List<Split> withWarmUp(List<Split> splits, long firstMs, Recipe recipe) {
    List<Split> all = new ArrayList<>(splits);
    Split next = splits.get(0);
    long least = Math.max(recipe.windowMs() / 4, 2 * recipe.holdoutMs());
    while (next.trainingUntilMs() - WARM_UP_MS - firstMs >= least) {
      long until = next.trainingUntilMs() - WARM_UP_MS;
      next = new Split(WARM_UP, until, until, next.testFromMs() - WARM_UP_MS, 28, true, true);
      all.add(next);
    }
    all.sort(Comparator.comparingLong(Split::testFromMs));
    return all;
  }

  /**
   * Scores rows by the model in force at their time.
   *
   * @param from first of them
   * @param until the row after the last
   * @return null when no model is in force yet
   */
  public float @Nullable [] score(History history, int from, int until) {
    Split inForce = null;
    for (Split split : splits) {
      if (split.testFromMs() <= history.timeMs(from)) {
        inForce = split;
      }
    }
    if (inForce == null) {
      return null;
    }
    int[] rows = new int[until - from];
    Arrays.setAll(rows, i -> from + i);
    float[] found = score(history, trained(history, inForce).bundle(), rows);
    if (logits.length < until) {
      int before = logits.length;
      logits = Arrays.copyOf(logits, Math.max(until, 2 * before));
      Arrays.fill(logits, before, logits.length, Float.NaN);
    }
    System.arraycopy(found, 0, logits, from, found.length);
    return found;
  }

  /**
   * What the splits come to, once the history is whole. Rows that {@link #score(History, int, int)}
   * was asked for keep the scores that they had. A split is left out when its rows are all frauds
   * or none is: nothing can be said of it.
   *
   * @param threads that fit models at the same time, at least 1
   * @throws InterruptedException when interrupted while it waits for them; they end soon after
   */
  public List<Tested> tested(History history, int threads) throws InterruptedException {
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      List<Callable<Tested>> tests = new ArrayList<>();
      for (Split split : splits) {
        if (!split.name().equals(WARM_UP) && hasBoth(history, split)) {
          tests.add(() -> tested(history, split));
        }
      }
      List<Tested> all = new ArrayList<>();
      for (Future<Tested> tested : pool.invokeAll(tests)) {
        all.add(tested.get());
      }
      return all;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    } finally {
      pool.shutdownNow();
    }
  }

  private static boolean hasBoth(History history, Split split) {
    int[] rows = split.test(history);
    long frauds = Arrays.stream(rows).filter(history::fraud).count();
    return frauds > 0 && frauds < rows.length;
  }

  private Tested tested(History history, Split split) {
    Trained model = trained(history, split);
    int[] rows = split.test(history);
    float[] found = score(history, model.bundle(), rows);
    for (int i = 0; i < rows.length; i++) {
      if (rows[i] < logits.length && !Float.isNaN(logits[rows[i]])) {
        found[i] = logits[rows[i]];
      }
    }
    boolean[] frauds = new boolean[rows.length];
    int[] days = new int[rows.length];
    int[] accounts = new int[rows.length];
    double[] amounts = new double[rows.length];
    double[] probabilities = new double[rows.length];
    for (int i = 0; i < rows.length; i++) {
      frauds[i] = history.fraud(rows[i]);
      days[i] = (int) ((history.timeMs(rows[i]) - split.testFromMs()) / Split.DAY_MS);
      accounts[i] = history.account(rows[i]);
      amounts[i] = history.amount(rows[i]);
      probabilities[i] = model.bundle().manifest().calibration().probability(found[i]);
    }
    return new Tested(
        split, model, rows, new Scored(found, probabilities, frauds, days, accounts, amounts));
  }

  private Trained trained(History history, Split split) {
    Trained model = trained.get(split.testFromMs());
    if (model == null) {
      long until = split.trainingUntilMs();
      long middle = until - recipe.holdoutMs();
      model =
          training.train(
              split,
              history.window(until - recipe.windowMs(), middle, split.testFromMs()),
              history.window(middle, until, split.testFromMs()));
      trained.put(split.testFromMs(), model);
    }
    return model;
  }

  private static float[] score(History history, Bundle bundle, int[] rows) {
    float[] found = new float[rows.length];
    try (Scorer scorer = bundle.open("cpu")) {
      ScoringModel model = bundle.scoringModel(scorer, history.features());
      float[] batch = new float[BATCH];
      for (int from = 0; from < rows.length; from += BATCH) {
        int count = Math.min(BATCH, rows.length - from);
        float[][] vectors = new float[count][];
        for (int i = 0; i < count; i++) {
          vectors[i] = history.vector(rows[from + i]);
        }
        model.score(vectors, count, batch);
        System.arraycopy(batch, 0, found, from, count);
      }
    }
    return found;
  }
}
